#include "base/human.hpp"

#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

using namespace belay;
using namespace std::chrono_literals;

TEST_CASE("durations as people say them") {
  CHECK(human_duration(420ms) == "0.42 s");
  CHECK(human_duration(3100ms) == "3.1 s");
  CHECK(human_duration(42s) == "42 s");
  CHECK(human_duration(125s) == "2 min 05 s");
  CHECK(human_duration(3h + 12min) == "3 h 12 min");
  CHECK(human_duration(96h) == "4 days");
}

TEST_CASE("durations at the edges never carry into a form that is over") {
  CHECK(human_duration(-1s) == "0 s");
  CHECK(human_duration(0ms) == "0 s");
  CHECK(human_duration(4ms) == "0 s");
  CHECK(human_duration(5ms) == "0.01 s");
  CHECK(human_duration(994ms) == "0.99 s");
  CHECK(human_duration(995ms) == "1.0 s");
  CHECK(human_duration(1s) == "1.0 s");
  CHECK(human_duration(9949ms) == "9.9 s");
  CHECK(human_duration(9950ms) == "10 s");
  CHECK(human_duration(59'499ms) == "59 s");
  CHECK(human_duration(59'500ms) == "1 min 00 s");
  CHECK(human_duration(3599s) == "59 min 59 s");
  CHECK(human_duration(3'599'500ms) == "1 h 00 min");
  CHECK(human_duration(47h + 59min) == "47 h 59 min");
  CHECK(human_duration(47h + 59min + 30s) == "2 days");
  CHECK(human_duration(59h) == "2 days");
  CHECK(human_duration(60h) == "3 days");
}

TEST_CASE("sizes as people say them") {
  CHECK(human_bytes(512) == "512 B");
  CHECK(human_bytes(14'200) == "14.2 kB");
  CHECK(human_bytes(3'100'000) == "3.1 MB");
  CHECK(human_bytes(1'400'000'000) == "1.4 GB");
}

TEST_CASE("sizes at the edges never carry into a unit that is over") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1000) == "1.0 kB");
  CHECK(human_bytes(1049) == "1.0 kB");
  CHECK(human_bytes(1050) == "1.1 kB");
  CHECK(human_bytes(999'949) == "999.9 kB");
  CHECK(human_bytes(999'950) == "1.0 MB");
  CHECK(human_bytes(999'949'999) == "999.9 MB");
  CHECK(human_bytes(999'950'000) == "1.0 GB");
  CHECK(human_bytes(1'000'000'000'000) == "1.0 TB");
  CHECK(human_bytes(999'950'000'000'000) == "1.0 PB");
  CHECK(human_bytes(std::numeric_limits<std::uint64_t>::max()) == "18.4 EB");
}
