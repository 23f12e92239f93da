#include "base/error.hpp"

#include <cerrno>
#include <stdexcept>

#include <doctest/doctest.h>

using namespace belay;

TEST_CASE("a failed system call carries the system's words") {
  const Error error = system_error("cannot open the door", ENOENT, "look for the key");
  CHECK(error.message() == "cannot open the door");
  CHECK(error.why() == "No such file or directory");
  CHECK(error.next() == "look for the key");
  CHECK(error.exit_code() == ExitCode::failed);
}

TEST_CASE("an error gathers what was being done, innermost first") {
  const auto build = [] { while_doing("building", [] { throw Error("no"); }); };
  try {
    while_doing("deploying", build);
    FAIL("no Error");
  } catch (const Error& error) {
    CHECK(error.frames() == std::vector<std::string>{"building", "deploying"});
  }
}

TEST_CASE("while_doing hands on results and strangers' exceptions") {
  int value = 1;
  int& same = while_doing("asking", [&]() -> int& { return value; });
  CHECK(&same == &value);
  CHECK_THROWS_AS(while_doing("asking", [] { throw std::logic_error("bug"); }), std::logic_error);
}
