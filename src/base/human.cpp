#include "base/human.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/core.h>

namespace belay {

namespace {

std::int64_t rounded(std::int64_t amount, std::int64_t unit) {
  return (amount + unit / 2) / unit;
}

}  // namespace

// Each form ends where rounding would carry into the next: 9.95 s is "10 s", never "10.0 s".
std::string human_duration(std::chrono::milliseconds duration) {
  const std::int64_t ms = std::max<std::int64_t>(duration.count(), 0);
  if (ms < 5) return "0 s";
  if (const auto hundredths = rounded(ms, 10); hundredths < 100) return fmt::format("0.{:02} s", hundredths);
  if (const auto tenths = rounded(ms, 100); tenths < 100)
    return fmt::format("{}.{} s", tenths / 10, tenths % 10);
  const auto seconds = rounded(ms, 1000);
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  const auto minutes = rounded(seconds, 60);
  constexpr std::int64_t day = 1440;
  if (minutes < 2 * day) return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
  return fmt::format("{} days", rounded(minutes, day));
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::array<std::string_view, 6> units{"kB", "MB", "GB", "TB", "PB", "EB"};
  std::uint64_t tenth = 100;  // of the unit
  for (std::size_t i = 0;; ++i, tenth *= 1000) {
    const std::uint64_t tenths = bytes / tenth + (bytes % tenth >= tenth / 2 ? 1 : 0);
    if (tenths < 10'000 || i + 1 == units.size())
      return fmt::format("{}.{} {}", tenths / 10, tenths % 10, units[i]);
  }
}

}  // namespace belay
