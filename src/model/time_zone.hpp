#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belay {

/// A moment on the clocks of a zone, and one of UTC's.
using LocalSeconds = std::chrono::local_seconds;
using Seconds = std::chrono::sys_seconds;

/// What the TZ variable of POSIX says: a zone's time and, perhaps, its summer time for every year. TZif files
/// end with one, for all the years that they do not list.
class ZoneRule {
 public:
  /// "EST5EDT,M3.2.0,M11.1.0", "<-03>3". Empty for anything else.
  static std::optional<ZoneRule> read(std::string_view);
  std::chrono::seconds offset_at(Seconds) const;

 private:
  /// A day of each year, and a time of it, which may lie on another day.
  struct Day {
    enum class Kind { week_of_month, julian, day_of_year };
    Kind kind = Kind::week_of_month;
    unsigned month = 0, week = 0, weekday = 0;
    int day = 0;
    std::chrono::seconds time{};
    LocalSeconds in(std::chrono::year) const;
  };
  struct Summer {
    std::chrono::seconds offset{};
    Day begins, ends;
  };
  class Text;

  std::chrono::seconds standard_{};
  std::optional<Summer> summer_;
};

/// How far the clocks of a place are from UTC at each moment. A value; made from the contents of a file of
/// the system's (model does no I/O). C++'s own zones are not in every library yet, and libc's are global
/// state.
class TimeZone {
 public:
  static TimeZone fixed(std::chrono::seconds offset);
  /// The contents of a TZif file (RFC 8536), of version 1 to 4. Empty for anything else.
  static std::optional<TimeZone> from_tzif(std::string_view contents);

  std::chrono::seconds offset_at(Seconds) const;
  LocalSeconds local(Seconds) const;

  /// A time that the clocks show twice has two moments. One that they skip is the moment of the skip.
  enum class Twice { first, second };
  Seconds moment_of(LocalSeconds, Twice) const;

 private:
  struct Change {
    Seconds at;
    std::chrono::seconds offset;
  };

  std::chrono::seconds before_{};  // all changes
  std::vector<Change> changes_;    // ascending
  std::optional<ZoneRule> after_;  // the last change
};

/// Why there is no such zone: completes "'zone' …".
struct ZoneFault {
  std::string message, remedy;
};
/// The zone of a name of the tz database. A parameter, so that parsing stays free of I/O.
using ZoneLookup = std::function<std::expected<TimeZone, ZoneFault>(const std::string&)>;

/// UTC, or an offset as +02:00: what needs no database. Empty for other names.
std::optional<TimeZone> zone_without_database(std::string_view name);
/// "Fri 2026-11-27 16:00", on the clocks of the zone.
std::string local_text(Seconds, const TimeZone&);

}  // namespace belay
