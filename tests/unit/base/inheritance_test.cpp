#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "processes.hpp"

using namespace belay;

namespace {

std::string output(const Command& command) {
  return capture(command, {}, in_good_time()).out;
}

/// Closes one of our own standard descriptors for a while, as a careless parent of belay may do.
class Without {
 public:
  explicit Without(int number) : number_(number), kept_(::fcntl(number, F_DUPFD_CLOEXEC, 100)) {
    ::close(number);
  }
  ~Without() { ::dup2(kept_.get(), number_); }
  Without(const Without&) = delete;
  Without& operator=(const Without&) = delete;

 private:
  int number_;
  Fd kept_;
};

}  // namespace

TEST_CASE("no descriptor but the standard three is inherited") {
  const Fd open_to_all(
      ::fcntl(STDERR_FILENO, F_DUPFD, 77));  // without close-on-exec, as a library may open it
  REQUIRE(open_to_all);
  const Command list = shell("for fd in /proc/$$/fd/*; do echo ${fd##*/}; done");
  CHECK(output(list).find(fmt::format("\n{}\n", open_to_all.get())) == std::string::npos);
  const Command look =
      shell(fmt::format("[ -e /proc/$$/fd/{} ] && echo inherited || echo closed", open_to_all.get()));
  CHECK(output(look) == "closed\n");
}

TEST_CASE("a command runs where our own standard descriptors are closed") {
  Captured captured;
  {
    // The pipes now get the very numbers which the child's ends are to have, in another order.
    const Without in(STDIN_FILENO), out(STDOUT_FILENO), err(STDERR_FILENO);
    captured = capture({.argv = {"sh", "-c", "cat; echo said >&2"}, .input = "heard"}, {}, in_good_time());
  }
  CHECK(captured.out == "heard");
  CHECK(captured.err == "said\n");
}

TEST_CASE("the environment is ours, plus what is set, less what is unset") {
  ::setenv("BELAY_TEST_KEPT", "kept", 1);
  ::setenv("BELAY_TEST_CHANGED", "old", 1);
  ::setenv("BELAY_TEST_GONE", "here", 1);
  Command command =
      shell("echo $BELAY_TEST_KEPT,$BELAY_TEST_CHANGED,${BELAY_TEST_GONE-unset},$BELAY_TEST_NEW");
  command.set = {{"BELAY_TEST_CHANGED", "new"}, {"BELAY_TEST_NEW", "a=b c"}};
  command.unset = {"BELAY_TEST_GONE"};
  CHECK(output(command) == "kept,new,unset,a=b c\n");
}

TEST_CASE("a command runs in its directory") {
  const TemporaryDirectory scratch("belay-directory-");
  CHECK(output({.argv = {"pwd", "-P"}, .directory = scratch.path()}) ==
        fs::canonical(scratch.path()).native() + "\n");
}

TEST_CASE("blocked and ignored signals are not inherited") {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto term = capture(shell("kill -TERM $$; echo survived"), {}, in_good_time());
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  CHECK(term.outcome.end == Outcome::End::signalled);
  CHECK(term.outcome.code == SIGTERM);
  // This program ignores SIGPIPE (main.cpp): a pipeline in a child must still end by it, 128 + 13.
  CHECK(capture(shell("(yes; echo $? >&2) | head -n 1"), {}, in_good_time()).err == "141\n");
}

TEST_CASE("a command leads a process group of its own") {
  CHECK(output(shell("[ $(ps -o pgid= -p $$) = $$ ] && echo leader")) == "leader\n");
}
