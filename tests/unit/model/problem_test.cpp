#include "model/problem.hpp"

#include <doctest/doctest.h>

using namespace belay;

TEST_CASE("a problem is shown as a compiler does, with a caret under its column") {
  CHECK(rendered({"belay.yml", {3, 7}, "unknown key 'tset'", "did you mean 'test'?", "      tset: x"}) ==
        "belay.yml:3:7: unknown key 'tset'\n"
        "        tset: x\n"
        "        ^\n"
        "  did you mean 'test'?\n");
}

TEST_CASE("the caret stands right behind tabs and characters of several bytes") {
  CHECK(rendered({"f", {1, 4}, "m", "", "\tü: x"}) == "f:1:4: m\n  \tü: x\n  \t  ^\n");
}

TEST_CASE("a problem of the file as a whole has no line") {
  CHECK(rendered({"f", {}, "the file is empty", "write one", ""}) == "f: the file is empty\n  write one\n");
}

TEST_CASE("a column behind the line's end does not read beyond it") {
  CHECK(rendered({"f", {1, 9}, "m", "", "ab"}) == "f:1:9: m\n  ab\n    ^\n");
}
