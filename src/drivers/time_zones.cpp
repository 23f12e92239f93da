#include "drivers/time_zones.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <fmt/core.h>

#include "base/nearest.hpp"

namespace belay {
namespace {

namespace fs = std::filesystem;

using Found = std::expected<TimeZone, ZoneFault>;

std::vector<fs::path> databases(const VariableLookup& variable) {
  if (const auto given = variable("TZDIR"); given && !given->empty()) return {*given};
  return {"/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"};
}

/// Of a file that is there, and no larger than a zone's can be.
std::string contents_of(const fs::path& file) {
  constexpr std::uintmax_t most = 1UL << 20;
  std::error_code absent;
  if (!fs::is_regular_file(file, absent) || fs::file_size(file, absent) > most) return {};
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A name beside it that is nearly the same: "did you mean 'America/Sao_Paulo'? ".
std::string suggestion(const fs::path& database, const std::string& name) {
  const auto region = fs::path(name).parent_path();
  std::vector<std::string> names;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(database / region, unreadable))
    names.push_back((region / entry.path().filename()).string());
  const auto meant = nearest(name, names);
  return meant ? fmt::format("did you mean '{}'? ", *meant) : "";
}

Found zone_in(const std::vector<fs::path>& places, const std::string& name) {
  const fs::path* database = nullptr;
  for (const auto& place : places) {
    std::error_code absent;
    if (database == nullptr && fs::is_directory(place, absent)) database = &place;
    if (auto zone = TimeZone::from_tzif(contents_of(place / name))) return std::move(*zone);
  }
  if (database == nullptr)
    return std::unexpected(
        ZoneFault{fmt::format("cannot be looked up: this machine has no {}", places.front().string()),
                  "install the system's package tzdata, or write UTC or an offset like -03:00"});
  return std::unexpected(
      ZoneFault{fmt::format("names no time zone: '{}' is not in {}", name, database->string()),
                suggestion(*database, name) + "a zone is named after a place, like America/Sao_Paulo"});
}

}  // namespace

ZoneLookup zones_of_this_machine(const VariableLookup& variable) {
  return [places = databases(variable)](const std::string& name) { return zone_in(places, name); };
}

}  // namespace belay
