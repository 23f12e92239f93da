#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace belay::testing {

/// A change of a zone's clocks: when, and to which of its offsets.
using ZoneChange = std::pair<std::chrono::sys_seconds, int>;

inline std::string big_endian(std::int64_t number, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(number >> (8 * i) & 0xff);
  return text;
}

inline std::string zone_block(char version, int width, const std::vector<ZoneChange>& changes,
                              const std::vector<int>& offsets) {
  std::string text = std::string("TZif") + version + std::string(15, '\0');
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{0}, std::size_t{0}, changes.size(), offsets.size(), std::size_t{4}})
    text += big_endian(static_cast<std::int64_t>(count), 4);
  for (const auto& [at, offset] : changes) text += big_endian(at.time_since_epoch().count(), width);
  for (const auto& [at, offset] : changes) text += static_cast<char>(offset);
  for (const int offset : offsets) text += big_endian(offset, 4) + std::string(2, '\0');
  return text + std::string("XXX\0", 4);
}

/// A file of the tz database (RFC 8536), of version 1, and of version 2 with the rule for later years.
inline std::string zone_file_version_1(const std::vector<ZoneChange>& changes,
                                       const std::vector<int>& offsets) {
  return zone_block('\0', 4, changes, offsets);
}
inline std::string zone_file(const std::vector<ZoneChange>& changes, const std::vector<int>& offsets,
                             const std::string& rule) {
  return zone_block('2', 4, {}, {0}) + zone_block('2', 8, changes, offsets) + "\n" + rule + "\n";
}

}  // namespace belay::testing
