#include "base/in_parallel.hpp"

#include <atomic>
#include <vector>

#include <doctest/doctest.h>

#include "base/error.hpp"

using namespace belay;

TEST_CASE("each number is taken once, of none, one and many") {
  for (const std::size_t count : {0u, 1u, 2u, 3u, 1000u}) {
    CAPTURE(count);
    std::vector<std::atomic<int>> taken(count);
    for (const std::size_t threads : {1u, 2u, 8u})
      in_parallel(count, [&](std::size_t i) { ++taken[i]; }, threads);
    for (const auto& times : taken) CHECK(times == 3);
  }
}

TEST_CASE("what one of them throws reaches the caller once all have ended") {
  std::atomic<int> running = 0;
  CHECK_THROWS_AS(in_parallel(200,
                              [&](std::size_t i) {
                                ++running;
                                const struct Leaving {
                                  std::atomic<int>& running;
                                  ~Leaving() { --running; }
                                } leaving{running};
                                if (i == 77) throw Error("number 77");
                              }),
                  Error);
  CHECK(running == 0);
}
