#include "model/time_zone.hpp"

#include <doctest/doctest.h>

#include "base/time.hpp"
#include "zone_file.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono;

namespace {

LocalSeconds local(int year, unsigned month, unsigned day, int hour, int minute) {
  const year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  return local_days(date) + hours(hour) + minutes(minute);
}

std::string utc(Seconds moment) {
  return iso8601(moment).substr(0, 16);
}

struct Case {
  const char* rule;
  LocalSeconds local;
  const char *first, *second;  // as Python's zoneinfo says, but of a gap the moment of the skip
};

}  // namespace

TEST_CASE(
    "a time on a zone's clocks is one moment, two where it comes twice, the skip where it never comes") {
  const char *new_york = "EST5EDT,M3.2.0,M11.1.0", *berlin = "CET-1CEST,M3.5.0,M10.5.0/3",
             *lord_howe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", *dublin = "IST-1GMT0,M10.5.0,M3.5.0/1",
             *santiago = "<-04>4<-03>,M9.1.6/24,M4.1.6/24", *nuuk = "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
             *sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";
  for (const Case& one : {
           Case{new_york, local(2026, 7, 1, 12, 0), "2026-07-01T16:00", "2026-07-01T16:00"},
           Case{new_york, local(2026, 3, 8, 2, 30), "2026-03-08T07:00", "2026-03-08T07:00"},   // skipped
           Case{new_york, local(2026, 11, 1, 1, 30), "2026-11-01T05:30", "2026-11-01T06:30"},  // twice
           Case{berlin, local(2026, 3, 29, 2, 30), "2026-03-29T01:00", "2026-03-29T01:00"},    // skipped
           Case{berlin, local(2026, 10, 25, 2, 30), "2026-10-25T00:30", "2026-10-25T01:30"},   // twice
           Case{lord_howe, local(2026, 4, 5, 1, 45), "2026-04-04T14:45", "2026-04-04T15:15"},  // half an hour
           Case{lord_howe, local(2026, 10, 4, 2, 15), "2026-10-03T15:30", "2026-10-03T15:30"},  // skipped
           Case{dublin, local(2026, 3, 29, 1, 30), "2026-03-29T01:00", "2026-03-29T01:00"},     // skipped
           Case{dublin, local(2026, 10, 25, 1, 30), "2026-10-25T00:30", "2026-10-25T01:30"},    // twice
           Case{santiago, local(2026, 9, 6, 0, 30), "2026-09-06T04:00", "2026-09-06T04:00"},    // skipped
           Case{santiago, local(2026, 4, 4, 23, 30), "2026-04-05T02:30", "2026-04-05T03:30"},   // twice
           Case{nuuk, local(2026, 3, 28, 23, 30), "2026-03-29T01:00", "2026-03-29T01:00"},      // skipped
           Case{sydney, local(2026, 1, 1, 0, 0), "2025-12-31T13:00", "2025-12-31T13:00"},
           Case{"<-03>3", local(2026, 11, 27, 16, 0), "2026-11-27T19:00", "2026-11-27T19:00"},
           Case{"XXX0YYY,J60/0,J300/0", local(2028, 3, 1, 0, 30), "2028-03-01T00:00", "2028-03-01T00:00"},
           Case{"XXX0YYY,59/0,300/0", local(2028, 2, 29, 0, 30), "2028-02-29T00:00", "2028-02-29T00:00"},
       }) {
    CAPTURE(one.rule);
    CAPTURE(one.local.time_since_epoch().count());
    const auto zone = TimeZone::from_tzif(zone_file({}, {0}, one.rule));
    REQUIRE(zone);
    CHECK(utc(zone->moment_of(one.local, TimeZone::Twice::first)) == one.first);
    CHECK(utc(zone->moment_of(one.local, TimeZone::Twice::second)) == one.second);
  }
}

TEST_CASE("what is no rule of POSIX is refused") {
  for (const char* text :
       {"", "ES5", "EST", "EST5EDT", "EST5EDT,", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0",
        "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,J0,J1", "EST5EDT,366,1", "<-03", "<>3",
        "EST168", "EST5:60", "EST5 ", "EST5EDT,M3.2.0,M11.1.0,"}) {
    CAPTURE(text);
    CHECK_FALSE(ZoneRule::read(text));
  }
}

TEST_CASE("a file's own changes hold until the last of them, then its rule") {
  // Samoa left out the 30th of December 2011.
  const Seconds skip(sys_days(2011y / December / 30) + hours(10));
  const auto file = zone_file({{skip, 1}}, {-10 * 3600, 14 * 3600}, "<+13>-13");
  const auto samoa = TimeZone::from_tzif(file);
  REQUIRE(samoa);
  CHECK(samoa->offset_at(skip - seconds(1)) == hours(-10));
  CHECK(samoa->moment_of(local(2011, 12, 30, 12, 0), TimeZone::Twice::first) == skip);
  CHECK(samoa->moment_of(local(2011, 12, 29, 23, 0), TimeZone::Twice::first) == skip - hours(1));
  CHECK(samoa->offset_at(skip) == hours(13));
  const auto without_rule = TimeZone::from_tzif(zone_file({{skip, 1}}, {-10 * 3600, 14 * 3600}, ""));
  REQUIRE(without_rule);
  CHECK(without_rule->offset_at(skip) == hours(14));
  CHECK(without_rule->moment_of(local(2011, 12, 31, 0, 0), TimeZone::Twice::second) == skip);
}

TEST_CASE("a file of the first version is read, and no part of a file is taken for a whole one") {
  const Seconds change(sys_days(2020y / January / 1));
  const auto old = zone_file_version_1({{change, 1}}, {0, 3600});
  const auto zone = TimeZone::from_tzif(old);
  REQUIRE(zone);
  CHECK(zone->offset_at(change - seconds(1)) == seconds(0));
  CHECK(zone->offset_at(change) == hours(1));
  for (const auto& whole : {old, zone_file({{change, 1}}, {0, 3600}, "")})
    for (std::size_t length = 0; length + 2 < whole.size(); ++length)
      CHECK_FALSE(TimeZone::from_tzif(std::string_view(whole).substr(0, length)));
  CHECK_FALSE(TimeZone::from_tzif(zone_file({{change, 2}}, {0, 3600}, "")));  // a type that is not there
  CHECK_FALSE(TimeZone::from_tzif("TZdb" + old.substr(4)));
}

TEST_CASE("UTC and offsets need no database") {
  CHECK(zone_without_database("UTC")->offset_at({}) == seconds(0));
  CHECK(zone_without_database("-03:30")->offset_at({}) == -minutes(210));
  CHECK(zone_without_database("+14:00")->offset_at({}) == hours(14));
  for (const char* name : {"", "utc", "+3", "+03:60", "+15:00", "03:00", "America/Sao_Paulo"})
    CHECK_FALSE(zone_without_database(name));
}

TEST_CASE("a moment is shown on a zone's clocks, with its day") {
  const Seconds moment(sys_days(2026y / November / 27) + hours(2));
  CHECK(local_text(moment, TimeZone::fixed(hours(-3))) == "Thu 2026-11-26 23:00");
  CHECK(local_text(moment, TimeZone::fixed({})) == "Fri 2026-11-27 02:00");
}
