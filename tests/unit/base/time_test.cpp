#include "base/time.hpp"

#include <random>

#include <doctest/doctest.h>

#include "base/error.hpp"

using namespace belay;
using namespace std::chrono_literals;

TEST_CASE("a time is written as ISO 8601 in UTC") {
  using namespace std::chrono;
  const Time time = sys_days(2026y / January / 12) + 10h + 33min + 0s + 123ms;
  CHECK(iso8601(time) == "2026-01-12T10:33:00.123Z");
  CHECK(stamp(time) == "20260112-103300");
  CHECK(iso8601(Time{}) == "1970-01-01T00:00:00.000Z");
  CHECK(iso8601(Time(-1ms)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("what is written is read back") {
  for (const char* text : {"0000-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z", "2024-02-29T23:59:59.999Z",
                           "2026-01-12T10:33:00.123Z", "9999-12-31T23:59:59.999Z"}) {
    CHECK(iso8601(parse_iso8601(text)) == text);
  }
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::int64_t> any_millisecond(0, 253'402'300'799'999);  // to the end of 9999
  for (int i = 0; i < 2000; ++i) {
    const Time time(std::chrono::milliseconds(any_millisecond(random)));
    REQUIRE(parse_iso8601(iso8601(time)) == time);
  }
}

TEST_CASE("now is the present, to the millisecond") {
  const Time before = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const Time time = now();
  CHECK(time >= before);
  CHECK(time - before < 60s);
  CHECK(parse_iso8601(iso8601(time)) == time);
}

TEST_CASE("stamps sort by time") {
  using namespace std::chrono;
  const Time time = sys_days(2025y / December / 31) + 23h + 59min + 59s;
  CHECK(stamp(time) < stamp(time + 1s));
  CHECK(stamp(time + 1s) == "20260101-000000");
}

TEST_CASE("anything else is no time") {
  for (const char* text : {"",
                           "2026-01-12",
                           "2026-01-12T10:33:00Z",
                           "2026-01-12T10:33:00.123",
                           "2026-01-12T10:33:00.123z",
                           "2026-01-12 10:33:00.123Z",
                           "2026-01-12T10:33:00,123Z",
                           "2026-01-12T10:33:00.123Z ",
                           " 2026-01-12T10:33:00.123Z",
                           "2026-01-12T10:33:00.1234Z",
                           "2026-01-12T10:33:00.12Z",
                           "2026-1-12T10:33:00.1230Z",
                           "2026-00-12T10:33:00.123Z",
                           "2026-13-12T10:33:00.123Z",
                           "2026-02-29T10:33:00.123Z",
                           "2026-04-31T10:33:00.123Z",
                           "2026-01-00T10:33:00.123Z",
                           "2026-01-12T24:00:00.000Z",
                           "2026-01-12T10:60:00.123Z",
                           "2026-01-12T10:33:60.123Z",
                           "+026-01-12T10:33:00.123Z",
                           "2026-01-12T-1:33:00.123Z",
                           "2026-01-12T10:33:00.123+00:00"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_iso8601(text), Error);
  }
}
