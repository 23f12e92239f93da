#include "model/time_zone.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/core.h>

namespace belay {

using namespace std::chrono;

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

/// Reads POSIX's text piece by piece. Each function says whether the piece is there.
class ZoneRule::Text {
 public:
  explicit Text(std::string_view text) : rest_(text) {}

  bool is_over() const { return rest_.empty(); }

  bool takes(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool name() {
    if (takes('<')) {
      const auto end = rest_.find('>');
      if (end == std::string_view::npos) return false;
      rest_.remove_prefix(end + 1);
      return end >= 3;
    }
    const auto end = std::ranges::find_if_not(rest_, is_letter) - rest_.begin();
    rest_.remove_prefix(static_cast<std::size_t>(end));
    return end >= 3;
  }

  bool number(int& into, int most) {
    const std::size_t before = rest_.size();
    into = 0;
    while (!rest_.empty() && is_digit(rest_.front()) && into <= most) {
      into = into * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return rest_.size() < before && into <= most;
  }

  /// [+-]h[h][:mm[:ss]]
  bool time(seconds& into) {
    const bool below = takes('-');
    if (!below) takes('+');
    int hour = 0, minute = 0, second = 0;
    if (!number(hour, 167)) return false;
    if (takes(':') && !number(minute, 59)) return false;
    if (takes(':') && !number(second, 59)) return false;
    into = hours(hour) + minutes(minute) + seconds(second);
    if (below) into = -into;
    return true;
  }

  bool day(Day& into) {
    into.time = hours(2);
    if (!date(into)) return false;
    return !takes('/') || time(into.time);
  }

 private:
  bool date(Day& into) {
    if (takes('M')) {
      int month = 0, week = 0, weekday = 0;
      const bool all = number(month, 12) && takes('.') && number(week, 5) && takes('.') && number(weekday, 6);
      into.month = static_cast<unsigned>(month);
      into.week = static_cast<unsigned>(week);
      into.weekday = static_cast<unsigned>(weekday);
      return all && month > 0 && week > 0;
    }
    const bool julian = takes('J');
    into.kind = julian ? Day::Kind::julian : Day::Kind::day_of_year;
    return number(into.day, 365) && (!julian || into.day > 0);
  }

  std::string_view rest_;
};

LocalSeconds ZoneRule::Day::in(year year) const {
  const local_days first{year / January / 1};
  switch (kind) {
    case Kind::julian: {  // the 29th of February is never counted
      const bool behind_february = day >= 60 && year.is_leap();
      return first + days(day - 1 + (behind_february ? 1 : 0)) + time;
    }
    case Kind::day_of_year:
      return first + days(day) + time;
    case Kind::week_of_month:
      break;
  }
  const std::chrono::weekday wanted(weekday);
  const auto in_month = year / std::chrono::month(month);
  const auto found = week == 5 ? local_days(in_month / wanted[last]) : local_days(in_month / wanted[week]);
  return found + time;
}

std::optional<ZoneRule> ZoneRule::read(std::string_view written) {
  Text text(written);
  ZoneRule rule;
  seconds west{};
  if (!text.name() || !text.time(west)) return std::nullopt;
  rule.standard_ = -west;
  if (text.is_over()) return rule;
  Summer summer;
  if (!text.name()) return std::nullopt;
  summer.offset = rule.standard_ + hours(1);
  if (!text.takes(',')) {
    if (!text.time(west) || !text.takes(',')) return std::nullopt;
    summer.offset = -west;
  }
  if (!text.day(summer.begins) || !text.takes(',') || !text.day(summer.ends) || !text.is_over())
    return std::nullopt;
  rule.summer_ = summer;
  return rule;
}

seconds ZoneRule::offset_at(Seconds moment) const {
  if (!summer_) return standard_;
  const auto year = year_month_day(floor<days>(moment + standard_)).year();
  const auto of_utc = [](LocalSeconds local, seconds offset) {
    return Seconds(local.time_since_epoch() - offset);
  };
  const Seconds begins = of_utc(summer_->begins.in(year), standard_);
  const Seconds ends = of_utc(summer_->ends.in(year), summer_->offset);
  const bool summer =
      begins < ends ? begins <= moment && moment < ends : !(ends <= moment && moment < begins);
  return summer ? summer_->offset : standard_;
}

TimeZone TimeZone::fixed(seconds offset) {
  TimeZone zone;
  zone.before_ = offset;
  return zone;
}

namespace {

/// Numbers of a TZif file, most significant byte first. After its end it gives zeros, and is bad.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}

  bool bad() const { return bad_; }
  std::string_view rest() const { return rest_; }

  std::string_view take(std::size_t count) {
    if (count > rest_.size()) {
      bad_ = true;
      count = rest_.size();
    }
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::int64_t number(std::size_t size) {
    const auto bytes = take(size);
    if (bytes.size() < size) return 0;
    auto value = static_cast<std::uint64_t>(static_cast<signed char>(bytes.front()));
    for (const char byte : bytes.substr(1)) value = value << 8 | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
  }

 private:
  std::string_view rest_;
  bool bad_ = false;
};

struct Header {
  char version = 0;
  std::size_t utc_marks = 0, standard_marks = 0, leaps = 0, changes = 0, types = 0, names = 0;
  /// Of the block behind it, whose times have `width` bytes each.
  std::size_t bytes(std::size_t width) const {
    return changes * (width + 1) + types * 6 + names + leaps * (width + 4) + standard_marks + utc_marks;
  }
};

std::optional<Header> read_header(Bytes& bytes) {
  if (bytes.take(4) != "TZif") return std::nullopt;
  Header header;
  const auto version = bytes.take(1);
  header.version = version.empty() ? '\0' : version.front();
  bytes.take(15);
  for (auto* count : {&header.utc_marks, &header.standard_marks, &header.leaps, &header.changes,
                      &header.types, &header.names}) {
    const auto found = bytes.number(4);
    if (found < 0 || found > 100'000) return std::nullopt;
    *count = static_cast<std::size_t>(found);
  }
  if (bytes.bad() || header.types == 0) return std::nullopt;
  return header;
}

/// A time of a file's, within what calendars can count.
Seconds moment_in_file(std::int64_t count) {
  constexpr std::int64_t most = 100'000'000'000;
  return Seconds(seconds(std::clamp(count, -most, most)));
}

}  // namespace

std::optional<TimeZone> TimeZone::from_tzif(std::string_view contents) {
  Bytes bytes(contents);
  auto header = read_header(bytes);
  if (!header) return std::nullopt;
  std::size_t width = 4;
  if (header->version >= '2') {  // the same again, with longer times
    bytes.take(header->bytes(4));
    header = read_header(bytes);
    width = 8;
  }
  if (!header) return std::nullopt;

  TimeZone zone;
  for (std::size_t i = 0; i < header->changes; ++i)
    zone.changes_.push_back({moment_in_file(bytes.number(width)), {}});
  const auto types = bytes.take(header->changes);
  std::vector<seconds> offsets;
  for (std::size_t i = 0; i < header->types; ++i) {
    offsets.emplace_back(bytes.number(4));
    bytes.take(2);
  }
  bytes.take(header->bytes(width) - header->changes * (width + 1) - header->types * 6);
  if (bytes.bad()) return std::nullopt;
  zone.before_ = offsets.front();
  for (std::size_t i = 0; i < types.size(); ++i) {
    const auto type = static_cast<unsigned char>(types[i]);
    if (type >= offsets.size() || (i > 0 && zone.changes_[i].at < zone.changes_[i - 1].at))
      return std::nullopt;
    zone.changes_[i].offset = offsets[type];
  }
  if (const auto footer = bytes.rest(); width == 8 && footer.size() > 2 && footer.starts_with('\n'))
    zone.after_ = ZoneRule::read(footer.substr(1, footer.find('\n', 1) - 1));
  return zone;
}

seconds TimeZone::offset_at(Seconds moment) const {
  const auto next = std::ranges::upper_bound(changes_, moment, {}, &Change::at);
  if (next == changes_.end() && after_) return after_->offset_at(moment);
  return next == changes_.begin() ? before_ : std::prev(next)->offset;
}

LocalSeconds TimeZone::local(Seconds moment) const {
  return LocalSeconds((moment + offset_at(moment)).time_since_epoch());
}

Seconds TimeZone::moment_of(LocalSeconds local, Twice which) const {
  const Seconds as_utc(local.time_since_epoch());
  // A day away on either side lies what holds before and after a change that is near.
  const std::array offsets{offset_at(as_utc - days(1)), offset_at(as_utc + days(1))};
  std::optional<Seconds> found;
  for (const auto offset : offsets) {
    const Seconds moment = as_utc - offset;
    if (offset_at(moment) != offset) continue;
    found = !found ? moment : which == Twice::first ? std::min(*found, moment) : std::max(*found, moment);
  }
  if (found) return *found;
  Seconds before = as_utc - std::ranges::max(offsets), after = as_utc - std::ranges::min(offsets);
  const auto offset_before = offset_at(before);
  while (after - before > seconds(1)) {
    const Seconds middle = before + (after - before) / 2;
    (offset_at(middle) == offset_before ? before : after) = middle;
  }
  return after;
}

std::optional<TimeZone> zone_without_database(std::string_view name) {
  if (name == "UTC" || name == "Etc/UTC" || name == "GMT" || name == "Z") return TimeZone::fixed({});
  if (name.size() != 6 || (name[0] != '+' && name[0] != '-') || name[3] != ':') return std::nullopt;
  for (const std::size_t at : {1U, 2U, 4U, 5U})
    if (!is_digit(name[at])) return std::nullopt;
  const hours hour((name[1] - '0') * 10 + (name[2] - '0'));
  const minutes minute((name[4] - '0') * 10 + (name[5] - '0'));
  if (hour > hours(14) || minute > minutes(59)) return std::nullopt;
  const seconds offset = hour + minute;
  return TimeZone::fixed(name[0] == '-' ? -offset : offset);
}

std::string local_text(Seconds moment, const TimeZone& zone) {
  constexpr std::array names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const auto local = zone.local(moment);
  const auto day = floor<days>(local);
  const year_month_day date(day);
  const hh_mm_ss clock(local - day);
  return fmt::format("{} {:04}-{:02}-{:02} {:02}:{:02}", names.at(weekday(day).c_encoding()),
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count());
}

}  // namespace belay
