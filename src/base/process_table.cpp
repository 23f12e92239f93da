#include "base/process_table.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include <fmt/core.h>

namespace belay {

namespace {

struct Entry {
  pid_t parent = 0, group = 0;
};

/// Empty for one that is gone, or dead and only not reaped.
std::optional<Entry> running(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string stat;
  if (!std::getline(file, stat, '\0')) return std::nullopt;
  // "42 (a name, which may hold spaces and brackets) S PARENT GROUP ..."
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(name_end + 1));
  char state = 0;
  Entry entry;
  fields >> state >> entry.parent >> entry.group;
  if (!fields || state == 'Z' || state == 'X') return std::nullopt;
  return entry;
}

}  // namespace

std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec == std::errc() && parsed.ptr == name.data() + name.size()) pids.push_back(pid);
  }
  return pids;
}

bool group_runs(pid_t group) {
  if (::kill(-group, 0) != 0 && errno == ESRCH) return false;
  return std::ranges::any_of(all_processes(), [group](pid_t pid) {
    const auto entry = running(pid);
    return entry && entry->group == group;
  });
}

std::vector<pid_t> children_of(pid_t parent) {
  auto pids = all_processes();
  std::erase_if(pids, [parent](pid_t pid) {
    const auto entry = running(pid);
    return !entry || entry->parent != parent;
  });
  return pids;
}

}  // namespace belay
