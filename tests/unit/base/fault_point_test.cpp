#include "base/fault_point.hpp"

#include <doctest/doctest.h>

#ifdef BELAY_FAULT_POINTS

#include <csignal>
#include <cstdlib>
#include <functional>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "processes.hpp"

using namespace belay;

namespace {

/// The fault file of a test, named in the environment.
struct FaultFile {
  TemporaryDirectory scratch{"belay-fault-"};
  explicit FaultFile(std::string_view lines) {
    write(lines);
    ::setenv("BELAY_FAULT_FILE", (scratch.path() / "faults").c_str(), 1);
  }
  ~FaultFile() { ::unsetenv("BELAY_FAULT_FILE"); }
  void write(std::string_view lines) const { write_file_atomically(scratch.path() / "faults", lines); }
};

/// 0 if a process of its own gets through `body`, else the signal that killed it.
int signal_in(const std::function<void()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

TEST_CASE("a fault point kills the role that passes the named point, and no other") {
  const FaultFile file("executor switch.done self\nguard * self\n");
  CHECK(signal_in([] { fault_point("executor", "switch.done"); }) == SIGKILL);
  CHECK(signal_in([] { fault_point("executor", "switch"); }) == 0);
  CHECK(signal_in([] { fault_point("executor", "switch.done.really"); }) == 0);
  CHECK(signal_in([] { fault_point("agent", "switch.done"); }) == 0);
  CHECK(signal_in([] { fault_point("guard", "anything"); }) == SIGKILL);
}

TEST_CASE("the file is read at each call") {
  const FaultFile file("");
  CHECK(signal_in([&] {
          fault_point("executor", "a");
          file.write("executor b self\n");
          fault_point("executor", "a");
          fault_point("executor", "b");
        }) == SIGKILL);
}

TEST_CASE("a fault can take the parent along") {
  const FaultFile file("executor a self+parent\n");
  const Pipe told = make_pipe();
  pid_t inner = -1;
  const int outer_signal = signal_in([&] {
    const pid_t pid = ::fork();
    if (pid == 0) {
      const pid_t self = ::getpid();
      write_all(told.write.get(), {reinterpret_cast<const char*>(&self), sizeof self});
      fault_point("executor", "a");
      ::_exit(0);
    }
    ::waitpid(pid, nullptr, 0);
    ::pause();
  });
  CHECK(outer_signal == SIGKILL);
  CHECK(::read(told.read.get(), &inner, sizeof inner) == sizeof inner);
  CHECK(ends(inner));
}

TEST_CASE("a line strikes once in a process") {
  const FaultFile file("executor a parent\n");
  // The struck parent's child falls to the outer process, which a second strike would kill.
  const int outer_signal = signal_in([] {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pid_t middle = ::fork();
    if (middle == 0) {
      if (::fork() == 0) {
        const pid_t parent = ::getppid();
        fault_point("executor", "a");
        while (::getppid() == parent) ::usleep(1000);
        fault_point("executor", "a");
        ::_exit(0);
      }
      for (;;) ::pause();
    }
    while (::wait(nullptr) > 0) continue;  // the middle one, then the inner one
  });
  CHECK(outer_signal == 0);
}

TEST_CASE("what struck is in a file beside the fault file") {
  const FaultFile file("executor a self\nguard b parent\n");
  CHECK(signal_in([] { fault_point("executor", "c"); }) == 0);
  CHECK_FALSE(fs::exists(file.scratch.path() / "faults.struck"));
  signal_in([] { fault_point("executor", "a"); });
  CHECK(read_file(file.scratch.path() / "faults.struck") == "executor a self\n");
}

TEST_CASE("a process that is held goes on when its line is taken out of the file") {
  const FaultFile file("executor a hold\n");
  const pid_t pid = ::fork();
  if (pid == 0) {
    fault_point("executor", "a");
    ::_exit(7);
  }
  while (!fs::exists(file.scratch.path() / "faults.struck")) ::usleep(1000);
  CHECK(::waitpid(pid, nullptr, WNOHANG) == 0);
  file.write("");
  int status = 0;
  ::waitpid(pid, &status, 0);
  CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("a line that is none is an Error, so that a test cannot miss its point by a slip") {
  const FaultFile file("executor a everybody\n");
  CHECK_THROWS_AS(fault_point("executor", "b"), Error);
  file.write("executor a\n");
  CHECK_THROWS_AS(fault_point("executor", "b"), Error);
  file.write("executor a self now\n");
  CHECK_THROWS_AS(fault_point("executor", "b"), Error);
}

TEST_CASE("without a fault file nothing happens") {
  fault_point("executor", "a");
  ::setenv("BELAY_FAULT_FILE", "/nonexistent/faults", 1);
  fault_point("executor", "a");
  ::unsetenv("BELAY_FAULT_FILE");
}

#endif
