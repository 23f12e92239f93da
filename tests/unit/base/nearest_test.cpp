#include "base/nearest.hpp"

#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace belay;

namespace {

const std::vector<std::string> commands{"deploy", "rollback", "status", "releases",
                                        "logs",   "exec",     "plan",   "check"};

std::string meant_by(std::string_view word) {
  return nearest(word, commands).value_or("(nothing)");
}

}  // namespace

TEST_CASE("one slip of every kind is understood") {
  CHECK(meant_by("depoy") == "deploy");
  CHECK(meant_by("depploy") == "deploy");
  CHECK(meant_by("deplot") == "deploy");
  CHECK(meant_by("dpeloy") == "deploy");
  CHECK(meant_by("sttaus") == "status");
  CHECK(meant_by("STATUS") == "status");
  CHECK(meant_by("Roll-back") == "rollback");
}

TEST_CASE("what is far from all is not guessed at") {
  CHECK(meant_by("") == "(nothing)");
  CHECK(meant_by("x") == "(nothing)");
  CHECK(meant_by("destroy") == "(nothing)");
  CHECK(meant_by("frobnicate") == "(nothing)");
  CHECK_FALSE(nearest("deploy", {}));
}

TEST_CASE("a swap of neighbours is one slip, not two") {
  const std::array<std::string, 2> words{"abxx", "ba"};
  CHECK(nearest("ab", words) == "ba");
}

TEST_CASE("words of one letter have no neighbours, of two letters few") {
  const std::array<std::string, 2> words{"a", "up"};
  CHECK_FALSE(nearest("b", words));
  CHECK_FALSE(nearest("dn", words));
  CHECK(nearest("uo", words) == "up");
}

TEST_CASE("a third of the letters may be wrong, and not one more") {
  const std::array<std::string, 1> word{"abcdefghi"};
  CHECK(nearest("xyzdefghi", word) == "abcdefghi");
  CHECK_FALSE(nearest("xyzwefghi", word));
}

TEST_CASE("the nearest wins, and among equals the first") {
  const std::array<std::string, 3> words{"staging1", "staging", "stagind"};
  CHECK(nearest("stagin", words) == "staging");
  CHECK(nearest("staging2", words) == "staging1");
}
