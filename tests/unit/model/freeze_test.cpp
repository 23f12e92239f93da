#include "model/freeze.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/time.hpp"
#include "model/config_values.hpp"
#include "samples.hpp"
#include "zone_file.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

const ZoneLookup lookup = [](const std::string& name) -> std::expected<TimeZone, ZoneFault> {
  if (name == "Europe/Berlin") return *TimeZone::from_tzif(zone_file({}, {0}, "CET-1CEST,M3.5.0,M10.5.0/3"));
  if (name == "America/Sao_Paulo") return *TimeZone::from_tzif(zone_file({}, {0}, "<-03>3"));
  return std::unexpected(ZoneFault{"names no time zone: " + name, "write another"});
};

std::expected<Config, Problems> read(const std::string& freeze, Needed needed = Needed::for_a_release) {
  return parse_config("belay.yml", minimal("freeze: " + freeze), variables({}), std::nullopt, needed, {},
                      lookup);
}

std::vector<FreezeWindow> windows(const std::string& freeze) {
  const auto config = read(freeze);
  REQUIRE_MESSAGE(config, freeze << ": " << (config ? "" : rendered(config.error().front())));
  return config->environments.front().freeze;
}

std::string messages(const std::string& freeze, Needed needed = Needed::for_a_release) {
  const auto config = read(freeze, needed);
  std::string all;
  if (!config)
    for (const auto& problem : config.error())
      all += fmt::format("{}:{} {}\n", problem.at.line, problem.at.column, problem.message);
  return all;
}

Time at(const std::string& utc) {
  return parse_iso8601(utc + ":00.000Z");
}

struct Case {
  const char *freeze, *moment, *ends;  // in UTC; ends: empty: none holds
};

}  // namespace

TEST_CASE("whether a freeze holds, and until when") {
  const char* weekend = "{ from: Fri 16:00, until: Mon 08:00, zone: America/Sao_Paulo }";
  const char* saturday_sunday = "{ from: Sat, until: sunday, zone: UTC }";
  const char* night = "{ from: 18:00, until: 8:00, zone: Europe/Berlin }";
  const char* holidays = "{ from: 2026-12-23, until: 2027-01-02, zone: Europe/Berlin }";
  const char* hours = "{ from: 2026-06-01 12:00, until: 2026-06-01T13:30, zone: +02:00 }";
  const char* dst_night = "{ from: Sun 02:30, until: Sun 02:45, zone: Europe/Berlin }";
  const char* chain =
      "[{ from: Fri 16:00, until: Sun, zone: UTC }, { from: Mon, until: Mon 09:00, zone: UTC }]";
  for (const Case& one : {
           Case{weekend, "2026-11-27T18:59", ""},
           Case{weekend, "2026-11-27T19:00", "2026-11-30T11:00"},
           Case{weekend, "2026-11-30T10:59", "2026-11-30T11:00"},
           Case{weekend, "2026-11-30T11:00", ""},
           Case{"{ from: Mon 08:00, until: Fri 16:00, zone: UTC }", "2026-11-28T00:00", ""},
           Case{"{ from: Mon 08:00, until: Fri 16:00, zone: UTC }", "2026-11-25T00:00", "2026-11-27T16:00"},
           Case{"{ from: Wed 10:00, until: Wed 09:00, zone: UTC }", "2026-11-25T09:30",
                ""},  // all but an hour
           Case{"{ from: Wed 10:00, until: Wed 09:00, zone: UTC }", "2026-11-24T00:00", "2026-11-25T09:00"},
           Case{saturday_sunday, "2026-11-27T23:59", ""},
           Case{saturday_sunday, "2026-11-28T00:00", "2026-11-30T00:00"},
           Case{saturday_sunday, "2026-11-29T23:59", "2026-11-30T00:00"},  // the day `until` names is frozen
           Case{saturday_sunday, "2026-11-30T00:00", ""},
           Case{"{ from: Mon, until: Mon, zone: UTC }", "2026-11-30T23:00", "2026-12-01T00:00"},
           Case{night, "2026-11-27T16:59", ""},
           Case{night, "2026-11-27T17:00", "2026-11-28T07:00"},
           Case{night, "2026-11-28T03:00", "2026-11-28T07:00"},
           Case{night, "2026-07-01T16:30", "2026-07-02T06:00"},  // summer time
           Case{night, "2026-03-28T20:00", "2026-03-29T06:00"},  // it begins in this night
           Case{"{ from: 12:00, until: 13:00, zone: UTC }", "2026-11-27T12:30", "2026-11-27T13:00"},
           Case{"{ from: 12:00, until: 24:00, zone: UTC }", "2026-11-27T23:30", "2026-11-28T00:00"},
           Case{holidays, "2026-12-22T22:59", ""},
           Case{holidays, "2026-12-22T23:00", "2027-01-02T23:00"},
           Case{holidays, "2027-01-02T22:59", "2027-01-02T23:00"},
           Case{holidays, "2027-01-02T23:00", ""},
           Case{hours, "2026-06-01T09:59", ""},
           Case{hours, "2026-06-01T10:00", "2026-06-01T11:30"},
           Case{dst_night, "2026-10-25T00:35",
                "2026-10-25T01:45"},                             // its hour comes twice: all of it is frozen
           Case{dst_night, "2026-03-29T01:00", ""},              // its hour never comes
           Case{chain, "2026-11-27T16:00", "2026-11-30T09:00"},  // one begins where the other ends
       }) {
    CAPTURE(one.freeze);
    CAPTURE(one.moment);
    const auto held = freeze_at(windows(one.freeze), at(one.moment));
    CHECK((held ? iso8601(held->ends).substr(0, 16) : "") == one.ends);
  }
}

TEST_CASE("of several windows the one that ends last holds, and says so") {
  const auto both = windows(
      "[{ from: Fri, until: Fri, zone: UTC, why: fridays },"
      " { from: 2026-11-27, until: 2026-12-01 12:00, zone: -03:00, why: black friday }]");
  const auto held = freeze_at(both, at("2026-11-27T10:00"));
  REQUIRE(held);
  CHECK(held->window.shown() == "2026-11-27 until 2026-12-01 12:00, -03:00 (black friday)");
  CHECK(held->end_shown(at("2026-11-27T10:00")) == "it ends Tue 2026-12-01 12:00 (-03:00), in 4 days");
}

TEST_CASE("windows without a gap hold, and the search for their end ends") {
  const auto always =
      windows("[{ from: 00:00, until: 12:00, zone: UTC }, { from: 12:00, until: 24:00, zone: UTC }]");
  CHECK(freeze_at(always, at("2026-11-27T10:00")));
}

TEST_CASE("the next freeze is the one that begins first") {
  const auto some = windows(
      "[{ from: Fri 16:00, until: Mon, zone: UTC }, { from: 2026-11-26 20:00, until: 2026-11-26 21:00, zone: "
      "UTC }]");
  const auto begins = [&](const std::string& moment) {
    const auto next = next_freeze(some, at(moment));
    return next ? iso8601(next->begins).substr(0, 16) : "";
  };
  CHECK(begins("2026-11-26T19:59") == "2026-11-26T20:00");
  CHECK(begins("2026-11-26T20:00") == "2026-11-27T16:00");
  CHECK(begins("2026-11-27T16:00") == "2026-12-04T16:00");
  CHECK_FALSE(
      next_freeze(windows("{ from: 2020-01-01, until: 2020-01-02, zone: UTC }"), at("2026-11-26T19:59")));
  CHECK_FALSE(next_freeze({}, at("2026-11-26T19:59")));
}

TEST_CASE("what is wrong with a freeze is said at its place") {
  CHECK(messages("{ from: Fri 16:00, until: Mon 08:00, zone: Europe/Atlantis }") ==
        "7:56 'zone' names no time zone: Europe/Atlantis\n");
  CHECK(messages("{ from: Fri 16:00, until: Mon 08:00 }").contains("'zone' is missing"));
  CHECK(messages("{ from: Fri 16:00, until: 2026-12-01, zone: UTC }").contains("of two kinds"));
  CHECK(messages("{ from: Fri 16:00, until: Fri 16:00, zone: UTC }").contains("the same moment"));
  CHECK(messages("{ from: 2026-12-02, until: 2026-12-01, zone: UTC }").contains("lies before 'from'"));
  CHECK(messages("{ from: 2026-12-02, until: 2026-12-02, zone: UTC }").empty());
  CHECK(messages("{ from: 12:00, until: 12:00, zone: UTC }").contains("the same moment"));
  CHECK(messages("off").empty());
  CHECK(messages("[]").contains("must not be empty"));
  for (const char* end : {"Fri 25:00", "Fri16:00", "2026-02-30", "2026-12-23 18", "someday", "Fri 16:00 UTC",
                          "26-12-23", "24:01", "Fr 10:00", "2026-12-23Z"}) {
    CAPTURE(end);
    CHECK(messages(fmt::format("{{ from: '{}', until: Mon, zone: UTC }}", end))
              .contains("is no time of a freeze"));
  }
  for (const char* zone : {"../etc/passwd", "/etc/localtime", "America//Sao_Paulo", "Sao Paulo"}) {
    CAPTURE(zone);
    CHECK(messages(fmt::format("{{ from: Sat, until: Sun, zone: '{}' }}", zone)).contains("is no time zone"));
  }
}

TEST_CASE("who only looks or goes back needs no zone that this machine does not know") {
  const auto unknown = "{ from: Fri 16:00, until: Mon 08:00, zone: Europe/Atlantis }";
  CHECK(messages(unknown, Needed::for_the_way).empty());
  CHECK_FALSE(read(unknown, Needed::for_the_way)->environments.front().freeze.front().zone);
}

TEST_CASE("an environment's freeze replaces the top level's, and off removes it") {
  const std::string top = "freeze: { from: Sat, until: Sun, zone: UTC }\n";
  const auto freeze_of = [&](const std::string& more) {
    return parsed(minimal(more, top)).environments.front().freeze;
  };
  CHECK(freeze_of("").size() == 1);
  CHECK(freeze_of("freeze: off").empty());
  CHECK(freeze_of("freeze: [{ from: Fri, until: Sun, zone: UTC }]").front().from.text == "Fri");
}
