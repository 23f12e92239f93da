#include "runtime/late_arrivals.hpp"

#include <doctest/doctest.h>

using belay::remove_with_late_arrivals;

TEST_CASE("what has all come is removed once") {
  int calls = 0;
  remove_with_late_arrivals(true, [&] { return ++calls; });
  CHECK(calls == 1);
}

TEST_CASE("what comes after it was looked for is removed too") {
  int calls = 0, removed = 0;
  remove_with_late_arrivals(false, [&] {
    const bool late = ++calls == 3;
    removed += late ? 1 : 0;
    return late ? 1 : 0;
  });
  CHECK(removed == 1);
  CHECK(calls > 3);
}
