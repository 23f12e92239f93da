#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/line_reader.hpp"
#include "base/process.hpp"
#include "processes.hpp"

using namespace belay;
using namespace std::chrono_literals;

namespace {

std::string next_line(LineReader& reader) {
  std::string line;
  return reader.next(line, {}, in_good_time()) == LineReader::Status::line ? line : "(no line)";
}

}  // namespace

TEST_CASE("a child is talked to while it runs") {
  Child child(shell("while read word; do echo heard $word; done; echo over >&2; exit 3"));
  LineReader out(child.out().get()), err(child.err().get());
  write_all(child.in().get(), "one\n");
  CHECK(next_line(out) == "heard one");
  write_all(child.in().get(), "two\n");
  CHECK(next_line(out) == "heard two");
  child.in().reset();
  CHECK(next_line(err) == "over");
  const auto outcome = child.wait({}, in_good_time());
  REQUIRE(outcome);
  CHECK(outcome->described() == "exit code 3");
  CHECK(child.wait({}, in_good_time())->code == 3);  // asked again, it says the same
  CHECK(has_no_child());
}

TEST_CASE("waiting for a child ends at the deadline or a stop, and the child goes on") {
  Child child({.argv = {"sleep", "300"}});
  CHECK_FALSE(child.wait({}, Deadline::in(20ms)));
  std::stop_source stop;
  std::jthread canceller([&] { stop.request_stop(); });
  CHECK_FALSE(child.wait(stop.get_token(), in_good_time()));
  CHECK(runs(child.pid()));
  child.kill(SIGTERM);
  CHECK(child.wait({}, in_good_time())->described() == "killed by SIGTERM");
}

TEST_CASE("a child's end ends it and what it started") {
  pid_t leader = -1, grandchild = -1;
  {
    Child child(shell("sleep 300 & echo $!; wait"));
    LineReader out(child.out().get());
    leader = child.pid();
    grandchild = pid_in(next_line(out));
    CHECK(runs(grandchild));
  }
  CHECK(ends(leader));
  CHECK(ends(grandchild));
  CHECK(has_no_child());
}

TEST_CASE("a moved child is owned once; moving onto one kills the one before") {
  Child first({.argv = {"sleep", "300"}}), second({.argv = {"sleep", "300"}});
  const pid_t of_first = first.pid(), of_second = second.pid();
  first = std::move(second);
  CHECK(ends(of_first));
  CHECK(runs(of_second));
  CHECK(first.pid() == of_second);
  {
    const Child third(std::move(first));
    CHECK(third.pid() == of_second);
    CHECK(runs(of_second));
  }
  CHECK(ends(of_second));
  CHECK(has_no_child());
}

TEST_CASE("a pipe that is not wanted is /dev/null") {
  Child child(shell("cat; echo unheard >&2; echo heard"), {.in = false, .out = true, .err = false});
  CHECK_FALSE(child.in());
  CHECK_FALSE(child.err());
  LineReader out(child.out().get());
  CHECK(next_line(out) == "heard");
  CHECK(child.wait({}, in_good_time())->ok());
}

TEST_CASE("a child that cannot start is an Error and leaves nothing") {
  const int descriptors = open_descriptors();
  CHECK_THROWS_AS(Child({.argv = {"no-such-program-of-belay"}}), Error);
  CHECK(has_no_child());
  CHECK(open_descriptors() == descriptors);
}
