#include "saga/unfinished_writes.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "base/hex.hpp"

namespace belay {

namespace {

constexpr std::size_t nonce_digits = 16;

/// ".NAME.NONCE", as base/files names it.
bool is_temporary(std::string_view name) {
  const auto dot = name.rfind('.');
  if (!name.starts_with('.') || dot == 0 || dot == std::string_view::npos) return false;
  const auto nonce = name.substr(dot + 1);
  return nonce.size() == nonce_digits && all_hex(nonce);
}

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::vector<fs::path> found;
  if (fs::is_directory(directory))
    for (const auto& entry : fs::directory_iterator(directory)) found.push_back(entry.path());
  return found;
}

void remove_temporaries_in(const fs::path& directory) {
  for (const auto& path : entries_of(directory))
    if (is_temporary(path.filename().native())) remove_tree(path);
}

}  // namespace

void remove_unfinished_writes(const Layout& layout, const EnvironmentConfig& environment) {
  remove_temporaries_in(layout.state);
  remove_temporaries_in(layout.state / "bin");
  // Of a run's secrets, of a container's frozen body, of the edge's private keys.
  for (const auto& parent : {layout.runs(), layout.edge()})
    for (const auto& directory : entries_of(parent)) remove_temporaries_in(directory);
  for (const auto& release : entries_of(layout.releases())) {
    remove_temporaries_in(release);
    if (!fs::exists(release / "release.json")) remove_tree(release);
  }
  if (environment.backup) remove_temporaries_in(layout.live / environment.backup->directory);
}

}  // namespace belay
