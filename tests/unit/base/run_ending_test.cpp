#include <atomic>
#include <csignal>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/process.hpp"
#include "processes.hpp"

using namespace belay;
using namespace std::chrono_literals;

namespace {

const LineSink nowhere = [](Stream, std::string_view) {};

/// Takes the pid a script prints on its first line.
LineSink first_pid(pid_t& pid) {
  return [&pid](Stream, std::string_view line) {
    if (pid < 0) pid = pid_in(line);
  };
}

/// Runs a command until it prints a line, and stops it then.
struct StoppedAtFirstLine {
  std::stop_source stop{};
  pid_t pid = -1;  // the number on that line
  Outcome outcome;

  explicit StoppedAtFirstLine(const Command& command)
      : outcome(run(command, stop.get_token(), in_good_time(), [this](Stream, std::string_view line) {
          if (pid < 0) pid = pid_in(line);
          stop.request_stop();
        })) {}
};

/// Reads so slowly that the pipe is full again each time run() looks.
LineSink slower_than_yes() {
  return [lines = 0](Stream, std::string_view) mutable {
    if (++lines % 10'000 == 0) std::this_thread::sleep_for(20ms);
  };
}

}  // namespace

TEST_CASE("a program that goes on past its deadline is ended") {
  const auto outcome = run({.argv = {"sleep", "300"}}, {}, Deadline::in(50ms), nowhere);
  CHECK(outcome.end == Outcome::End::deadline);
  CHECK(outcome.described().starts_with("no end after "));
  CHECK(has_no_child());
}

TEST_CASE("the whole group is ended, a grandchild too") {
  const StoppedAtFirstLine stopped(shell("sleep 300 & echo $!; wait"));
  CHECK(stopped.outcome.end == Outcome::End::cancelled);
  REQUIRE(stopped.pid > 0);
  CHECK(ends(stopped.pid));
  CHECK(has_no_child());
}

TEST_CASE("a program that ignores SIGTERM is killed after its grace") {
  Command deaf = shell("trap '' TERM; echo $$; while :; do sleep 1; done");
  deaf.grace = 100ms;
  const StoppedAtFirstLine stopped(deaf);
  CHECK(stopped.outcome.end == Outcome::End::cancelled);
  CHECK(stopped.outcome.code == SIGKILL);
  REQUIRE(stopped.pid > 0);
  CHECK(ends(stopped.pid));
}

TEST_CASE("a deaf grandchild is killed though its parent went at once") {
  Command command = shell("sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & wait");
  command.grace = 200ms;
  const StoppedAtFirstLine stopped(command);
  CHECK(stopped.outcome.end == Outcome::End::cancelled);
  REQUIRE(stopped.pid > 0);
  CHECK(ends(stopped.pid));
}

TEST_CASE("a grandchild has the grace to clean up, and what it says then is heard") {
  std::stop_source stop;
  std::vector<std::string> lines;
  const LineSink sink = [&](Stream stream, std::string_view line) {
    if (stream == Stream::err) return;  // the shell may say there that its sleep was "Terminated"
    lines.emplace_back(line);
    if (line == "ready") stop.request_stop();
  };
  const auto inner =
      "sh -c 'trap \"sleep 0.2; echo cleaned; exit\" TERM; echo ready; while :; do sleep 0.1; done'";
  Command command = shell(fmt::format("{} & wait", inner));
  command.grace = 30s;
  CHECK(run(command, stop.get_token(), in_good_time(), sink).end == Outcome::End::cancelled);
  CHECK(lines == std::vector<std::string>{"ready", "cleaned"});
}

TEST_CASE("a program that never stops talking has a deadline too") {
  CHECK(run({.argv = {"yes"}}, {}, Deadline::in(300ms), slower_than_yes()).end == Outcome::End::deadline);
}

TEST_CASE("zombies whose parent does not reap them are not waited for") {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans fall to this process, as to a lazy init
  Command command = shell("sleep 300 & sleep 300 & echo $$; wait");
  command.grace = 1h;
  CHECK(StoppedAtFirstLine(command).outcome.end == Outcome::End::cancelled);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  int orphans = 0;
  while (::wait(nullptr) > 0) ++orphans;
  CHECK(orphans == 2);
}

TEST_CASE("a stop from another thread ends it") {
  std::binary_semaphore started(0);
  std::stop_source stop;
  std::jthread canceller([&] {
    started.acquire();
    stop.request_stop();
  });
  pid_t pid = -1;
  const LineSink sink = [&](Stream, std::string_view line) {
    pid = pid_in(line);
    started.release();
  };
  const auto outcome = run(shell("echo $$; exec sleep 300"), stop.get_token(), in_good_time(), sink);
  CHECK(outcome.end == Outcome::End::cancelled);
  CHECK(outcome.described() == "cancelled");
  CHECK(ends(pid));
}

TEST_CASE("a stop requested before it starts ends it as well") {
  std::stop_source stop;
  stop.request_stop();
  CHECK(run({.argv = {"sleep", "300"}}, stop.get_token(), in_good_time(), nowhere).end ==
        Outcome::End::cancelled);
}

TEST_CASE("a grandchild that holds the pipes does not hold up the end") {
  pid_t grandchild = -1;
  CHECK(run(shell("sleep 300 & echo $!"), {}, in_good_time(), first_pid(grandchild)).ok());
  REQUIRE(grandchild > 0);
  CHECK(runs(grandchild));  // it was not waited for, nor was it killed: a daemon may be what was asked for
  ::kill(grandchild, SIGKILL);
}

TEST_CASE("nor do some that write for ever") {
  // They die of SIGPIPE when run() has closed the pipe.
  CHECK(run(shell("yes & yes & sleep 0.3"), {}, in_good_time(), slower_than_yes()).ok());
}

TEST_CASE("what was printed before the end is not lost, though the pipes stay open") {
  pid_t child = -1, grandchild = -1;
  std::size_t bytes = 0;
  const LineSink sink = [&](Stream stream, std::string_view line) {
    if (stream == Stream::err) {
      grandchild = pid_in(line);
    } else if (child < 0) {
      child = pid_in(line);
      CHECK(ends(child));  // all the rest is in the pipe by the time we look again
    } else {
      bytes += line.size();
    }
  };
  // 1031 is F_SETPIPE_SZ: more than one read takes.
  const std::string script =
      "fcntl(STDOUT, 1031, 1 << 20) or die; $| = 1; print \"$$\\n\"; print \"x\" x 900_000;";
  CHECK(run(shell("sleep 300 & echo $! >&2; exec perl -e '" + script + "'"), {}, in_good_time(), sink).ok());
  CHECK(bytes == 900'000);
  REQUIRE(grandchild > 0);
  ::kill(grandchild, SIGKILL);
}

TEST_CASE("what a sink throws goes through, and nothing is left running") {
  pid_t pid = -1;
  const LineSink sink = [&](Stream, std::string_view line) {
    pid = pid_in(line);
    throw std::runtime_error("full");
  };
  CHECK_THROWS_AS(run(shell("echo $$; exec sleep 300"), {}, in_good_time(), sink), std::runtime_error);
  CHECK(ends(pid));
  CHECK(has_no_child());
}

TEST_CASE("forty at once, half of them cancelled") {
  const int descriptors = open_descriptors();
  std::atomic<int> cancelled = 0, finished = 0, lines = 0, others = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(40);
    for (int i = 0; i < 40; ++i) {
      threads.emplace_back([&, i] {
        std::stop_source stop;
        const bool endless = i % 2 == 0;
        const LineSink sink = [&](Stream, std::string_view) {
          ++lines;
          if (endless) stop.request_stop();
        };
        const auto command = shell(endless ? "echo started; sleep 300" : "seq 1000");
        const auto outcome = run(command, stop.get_token(), in_good_time(), sink);
        if (outcome.end == Outcome::End::cancelled) {
          ++cancelled;
        } else {
          ++(outcome.ok() ? finished : others);
        }
      });
    }
  }
  CHECK(cancelled == 20);
  CHECK(finished == 20);
  CHECK(others == 0);
  CHECK(lines == 20 * 1000 + 20);
  CHECK(has_no_child());
  CHECK(open_descriptors() == descriptors);
}
