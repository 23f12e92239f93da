#include "control/foreground.hpp"

#include <chrono>
#include <thread>

#include <doctest/doctest.h>

#include "../drivers/scratch.hpp"
#include "base/error.hpp"

using namespace belay;
using namespace belay::testing;

TEST_CASE("a foreground program's exit code is told, or 128 and the signal that ended it") {
  CHECK(run_in_foreground({"sh", "-c", "exit 0"}, {}) == 0);
  CHECK(run_in_foreground({"sh", "-c", "exit 7"}, {}) == 7);
  CHECK(run_in_foreground({"sh", "-c", "kill -KILL $$"}, {}) == 128 + 9);
}

TEST_CASE("a foreground program has this process's own stdin and stdout, and its process group") {
  const Scratch scratch;
  const std::string file = (scratch / "groups").string();
  CHECK(run_in_foreground({"sh", "-c", "ps -o pgid= -p $$ > \"$0\"; ps -o pgid= -p $PPID >> \"$0\"", file},
                          {}) == 0);
  const std::string groups = read_file(file);
  const std::size_t end = groups.find('\n');
  CHECK(groups.substr(0, end) == groups.substr(end + 1, end));
}

TEST_CASE("a foreground program that is missing is an error with its name") {
  try {
    run_in_foreground({"no-such-program-of-belay"}, {});
    FAIL("it was started");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("no-such-program-of-belay") != std::string::npos);
  }
}

TEST_CASE("a stop ends a foreground program, first gently, then for good") {
  std::stop_source source;
  source.request_stop();
  CHECK(run_in_foreground({"sleep", "1000"}, source.get_token()) == 128 + 15);
  CHECK(run_in_foreground({"sh", "-c", "trap '' TERM; while :; do :; done"}, source.get_token()) == 128 + 9);
}
