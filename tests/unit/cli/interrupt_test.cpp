#include "cli/interrupt.hpp"

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.hpp"

using namespace belay;
using namespace belay::cli;
using namespace std::chrono_literals;

namespace {

bool stop_comes(const std::stop_token& token) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, token, 20s, [] { return false; });
  return token.stop_requested();
}

struct End {
  int status = 0;
  std::string said;
};

/// Runs `body` in a process of its own, since it is to be ended by signals; what it wrote to stderr comes
/// back.
template <class Body>
End in_child(Body&& body) {
  Pipe pipe = make_pipe();
  std::fflush(nullptr);  // or the child prints it once more
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    dup2(pipe.write.get(), STDERR_FILENO);
    alarm(60);  // a hang is a failure, not a wait
    body();
    _exit(0);
  }
  pipe.write.reset();
  End end;
  char byte = 0;
  while (read(pipe.read.get(), &byte, 1) == 1) end.said += byte;
  waitpid(child, &end.status, 0);
  return end;
}

}  // namespace

TEST_CASE("before anything goes on alone, the first signal asks to stop, whichever it is") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const End end = in_child([&] {
      const Interrupt interrupt;
      kill(getpid(), signal);
      _exit(stop_comes(interrupt.token()) ? 7 : 1);
    });
    REQUIRE(WIFEXITED(end.status));
    CHECK(WEXITSTATUS(end.status) == 7);
  }
}

TEST_CASE("the second signal leaves at once, saying what goes on") {
  const End end = in_child([] {
    Interrupt interrupt;
    interrupt.set_farewell("the host goes on\n");
    kill(getpid(), SIGINT);
    stop_comes(interrupt.token());
    kill(getpid(), SIGINT);
    pause();
  });
  REQUIRE(WIFEXITED(end.status));
  CHECK(WEXITSTATUS(end.status) == 130);
  CHECK(end.said == "\nthe host goes on\n");
}

TEST_CASE(
    "where the host goes on alone, SIGTERM and SIGHUP leave at once and ask for nothing to be stopped") {
  for (const int signal : {SIGTERM, SIGHUP}) {
    CAPTURE(signal);
    const End end = in_child([&] {
      Interrupt interrupt;
      interrupt.set_farewell("the host goes on\n");
      interrupt.set_goes_on_alone(true);
      const std::stop_callback asked(interrupt.token(), [] { _exit(1); });
      kill(getpid(), signal);
      while (true) pause();
    });
    REQUIRE(WIFEXITED(end.status));
    CHECK(WEXITSTATUS(end.status) == 128 + signal);
    CHECK(end.said == "\nthe host goes on\n");
  }
}

TEST_CASE("where the host goes on alone, Ctrl-C still asks to stop, and a SIGTERM behind it leaves") {
  const End end = in_child([] {
    Interrupt interrupt;
    interrupt.set_farewell("the host goes on\n");
    interrupt.set_goes_on_alone(true);
    kill(getpid(), SIGINT);
    if (!stop_comes(interrupt.token())) _exit(1);
    kill(getpid(), SIGTERM);
    while (true) pause();
  });
  REQUIRE(WIFEXITED(end.status));
  CHECK(WEXITSTATUS(end.status) == 128 + SIGTERM);
}

TEST_CASE("where no person could type Ctrl-C, SIGINT leaves as SIGTERM does, and nothing is undone") {
  const End end = in_child([] {
    Interrupt interrupt;
    interrupt.set_unattended(true);
    interrupt.set_farewell("the host goes on\n");
    interrupt.set_goes_on_alone(true);
    const std::stop_callback asked(interrupt.token(), [] { _exit(1); });
    kill(getpid(), SIGINT);
    while (true) pause();
  });
  REQUIRE(WIFEXITED(end.status));
  CHECK(WEXITSTATUS(end.status) == 130);
  CHECK(end.said == "\nthe host goes on\n");
}

TEST_CASE("before anything goes on alone, SIGINT asks to stop also where no person is") {
  const End end = in_child([] {
    Interrupt interrupt;
    interrupt.set_unattended(true);
    kill(getpid(), SIGINT);
    _exit(stop_comes(interrupt.token()) ? 7 : 1);
  });
  REQUIRE(WIFEXITED(end.status));
  CHECK(WEXITSTATUS(end.status) == 7);
}

TEST_CASE("while it waits for another deployment nothing goes on alone, and SIGTERM asks to stop") {
  const End end = in_child([] {
    Interrupt interrupt;
    interrupt.set_goes_on_alone(true);
    interrupt.set_goes_on_alone(false);
    kill(getpid(), SIGTERM);
    _exit(stop_comes(interrupt.token()) ? 7 : 1);
  });
  REQUIRE(WIFEXITED(end.status));
  CHECK(WEXITSTATUS(end.status) == 7);
}

TEST_CASE("a signal that the caller ignores stays ignored, as under nohup") {
  const End end = in_child([] {
    std::signal(SIGHUP, SIG_IGN);
    const Interrupt interrupt;
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGHUP);
    _exit(interrupt.token().stop_requested() ? 1 : 8);
  });
  REQUIRE(WIFEXITED(end.status));
  CHECK(WEXITSTATUS(end.status) == 8);
}

TEST_CASE("without a signal it ends with its scope") {
  const End end = in_child([] { const Interrupt interrupt; });
  REQUIRE(WIFEXITED(end.status));
  CHECK(WEXITSTATUS(end.status) == 0);
}
