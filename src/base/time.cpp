#include "base/time.hpp"

#include <optional>

#include <fmt/core.h>

#include "base/error.hpp"

namespace belay {

namespace {

struct Parts {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::milliseconds> clock;

  explicit Parts(Time time)
      : date(std::chrono::floor<std::chrono::days>(time)),
        clock(time - std::chrono::floor<std::chrono::days>(time)) {}
};

/// `text` read along `form`, in which a letter stands for a digit of the field named so and all else for
/// itself.
std::optional<unsigned> field(std::string_view text, std::string_view form, char name) {
  unsigned value = 0;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] != name) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(text[i] - '0');
  }
  return value;
}

std::optional<Time> read_time(std::string_view text) {
  constexpr std::string_view form = "yyyy-mm-ddThh:nn:ss.fffZ";
  constexpr std::string_view fixed = "-T:.Z";
  if (text.size() != form.size()) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (fixed.find(form[i]) != std::string_view::npos && text[i] != form[i]) return std::nullopt;
  }
  const auto year = field(text, form, 'y'), month = field(text, form, 'm'), day = field(text, form, 'd');
  const auto hour = field(text, form, 'h'), minute = field(text, form, 'n'), second = field(text, form, 's');
  const auto fraction = field(text, form, 'f');
  if (!year || !month || !day || !hour || !minute || !second || !fraction) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) + std::chrono::milliseconds(*fraction);
}

}  // namespace

std::string iso8601(Time time) {
  const Parts parts(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(parts.date.year()),
                     static_cast<unsigned>(parts.date.month()), static_cast<unsigned>(parts.date.day()),
                     parts.clock.hours().count(), parts.clock.minutes().count(),
                     parts.clock.seconds().count(), parts.clock.subseconds().count());
}

Time parse_iso8601(std::string_view text) {
  if (const auto time = read_time(text)) return *time;
  throw Error(fmt::format("\"{}\" is not a time", text), "a time looks like 2026-01-12T10:33:00.123Z");
}

std::string stamp(Time time) {
  const Parts parts(time);
  return fmt::format("{:04}{:02}{:02}-{:02}{:02}{:02}", static_cast<int>(parts.date.year()),
                     static_cast<unsigned>(parts.date.month()), static_cast<unsigned>(parts.date.day()),
                     parts.clock.hours().count(), parts.clock.minutes().count(),
                     parts.clock.seconds().count());
}

}  // namespace belay
