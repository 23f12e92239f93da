#include "model/freeze.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/human.hpp"

namespace belay {

using namespace std::chrono;

namespace {

constexpr int day_minutes = 24 * 60;

/// Counted from the week's beginning, or the day's: the last moment of a window, where it is not on the same
/// day.
days length_of(const FreezeWindow& window) {
  const int from = window.from.minute.value_or(0), until = window.until.minute.value_or(day_minutes);
  switch (window.from.kind) {
    case FreezeEnd::Kind::daily:
      return days(until > from ? 0 : 1);
    case FreezeEnd::Kind::weekly: {
      const days apart = window.until.weekday - window.from.weekday;
      return apart == days(0) && until <= from ? days(7) : apart;
    }
    case FreezeEnd::Kind::dated:
      break;
  }
  return window.until.date - window.from.date;
}

/// The window that begins on this day, if one does.
std::optional<Freeze> beginning_on(const FreezeWindow& window, local_days day) {
  if (window.from.kind == FreezeEnd::Kind::weekly && weekday(day) != window.from.weekday) return std::nullopt;
  if (window.from.kind == FreezeEnd::Kind::dated && day != window.from.date) return std::nullopt;
  const auto& zone = window.zone.value();
  const auto at = [&](local_days on, int minute, TimeZone::Twice which) {
    return Time(zone.moment_of(on + minutes(minute), which));
  };
  return Freeze{.window = window,
                .begins = at(day, window.from.minute.value_or(0), TimeZone::Twice::first),
                .ends = at(day + length_of(window), window.until.minute.value_or(day_minutes),
                           TimeZone::Twice::second)};
}

local_days day_of(const FreezeWindow& window, Time moment) {
  return floor<days>(window.zone.value().local(floor<seconds>(moment)));
}

/// Of one window: what holds at that moment.
std::optional<Freeze> held_by(const FreezeWindow& window, Time moment) {
  const auto today = day_of(window, moment);
  const bool dated = window.from.kind == FreezeEnd::Kind::dated;
  const auto first = dated ? window.from.date : today - days(8);
  const auto last = dated ? window.from.date : today;
  for (auto day = first; day <= last; day += days(1))
    if (auto found = beginning_on(window, day); found && found->begins <= moment && moment < found->ends)
      return found;
  return std::nullopt;
}

std::optional<Freeze> ending_last(const std::vector<FreezeWindow>& windows, Time moment) {
  std::optional<Freeze> last;
  for (const auto& window : windows)
    if (auto held = held_by(window, moment); held && (!last || held->ends > last->ends))
      last = std::move(held);
  return last;
}

}  // namespace

std::string FreezeWindow::shown() const {
  return fmt::format("{} until {}, {}{}", from.text, until.text, zone_name,
                     why.empty() ? "" : " (" + why + ")");
}

std::string Freeze::end_shown(Time now) const {
  return fmt::format("it ends {} ({}), in {}", local_text(floor<seconds>(ends), window.zone.value()),
                     window.zone_name, human_duration(ends - now));
}

std::string freeze_fault(const FreezeEnd& from, const FreezeEnd& until) {
  if (from.kind != until.kind)
    return "'from' and 'until' are of two kinds: both are times, or days of the week, or dates";
  const bool same_day = from.kind == FreezeEnd::Kind::daily ||
                        (from.kind == FreezeEnd::Kind::weekly && from.weekday == until.weekday) ||
                        (from.kind == FreezeEnd::Kind::dated && from.date == until.date);
  const int begins = from.minute.value_or(0), ends = until.minute.value_or(day_minutes);
  if (same_day && begins == ends) return "'until' is the same moment as 'from'";
  if (from.kind == FreezeEnd::Kind::dated && (until.date < from.date || (same_day && ends < begins)))
    return "'until' lies before 'from'";
  return {};
}

std::optional<Freeze> freeze_at(const std::vector<FreezeWindow>& windows, Time moment) {
  auto freeze = ending_last(windows, moment);
  if (!freeze) return std::nullopt;
  constexpr int most = 1000;  // windows that leave no gap have no last one
  for (int i = 0; i < most; ++i) {
    const auto next = ending_last(windows, freeze->ends);
    if (!next) break;
    freeze->ends = next->ends;
  }
  return freeze;
}

std::optional<Freeze> next_freeze(const std::vector<FreezeWindow>& windows, Time moment) {
  std::optional<Freeze> next;
  const auto look = [&](const FreezeWindow& window, local_days day) {
    auto found = beginning_on(window, day);
    if (!found || found->begins <= moment) return false;
    if (!next || found->begins < next->begins) next = std::move(found);
    return true;
  };
  for (const auto& window : windows) {
    const auto today = day_of(window, moment);
    if (window.from.kind == FreezeEnd::Kind::dated) {
      if (window.from.date < today + days(366)) look(window, window.from.date);
      continue;
    }
    for (auto day = today - days(1); day <= today + days(8); day += days(1))
      if (look(window, day)) break;
  }
  return next;
}

}  // namespace belay
