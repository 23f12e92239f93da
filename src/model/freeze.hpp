#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "model/time_zone.hpp"

namespace belay {

/// One end of a window. `minute` is the day's; without one the whole day is meant: it begins a window with
/// its first moment, and ends one with its last.
struct FreezeEnd {
  enum class Kind { daily, weekly, dated };
  Kind kind = Kind::daily;
  std::chrono::weekday weekday{};
  std::chrono::local_days date{};
  std::optional<int> minute{};
  std::string text{};  // as written

  /// Whether an end of this kind says a day alone.
  bool whole_day() const { return !minute; }
};

/// A time in which nothing is deployed, unless somebody says why: `freeze` of belay.yml.
struct FreezeWindow {
  FreezeEnd from, until;
  std::string zone_name;
  std::optional<TimeZone> zone{};  // empty: nobody could look the name up
  std::string why{};

  /// "Fri 16:00 until Mon 08:00, America/Sao_Paulo (weekend)"
  std::string shown() const;
};

/// What is wrong with the two ends of a window together; empty: nothing.
std::string freeze_fault(const FreezeEnd& from, const FreezeEnd& until);

/// A window at one of its times.
struct Freeze {
  FreezeWindow window;
  Time begins{}, ends{};

  /// "it ends Mon 2026-11-30 08:00 (America/Sao_Paulo), in 2 days"
  std::string end_shown(Time now) const;
};

/// What holds at that moment. Of several windows the one that ends last; where another one begins before that
/// is over, `ends` is the end of them all. Every window must have its zone.
std::optional<Freeze> freeze_at(const std::vector<FreezeWindow>&, Time);
/// The one that begins next after that moment. Empty: none within a year.
std::optional<Freeze> next_freeze(const std::vector<FreezeWindow>&, Time);

}  // namespace belay
