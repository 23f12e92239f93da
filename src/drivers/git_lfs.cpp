#include "drivers/git_lfs.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "base/hex.hpp"
#include "base/process.hpp"
#include "drivers/git_directory.hpp"

namespace belay::git_lfs {

namespace {

/// What stands behind `key` on a line of its own.
std::string_view value_in(std::string_view pointer, std::string_view key) {
  const auto at = pointer.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = pointer.substr(at + key.size());
  return rest.substr(0, rest.find('\n'));
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && all_hex(text);
}

}  // namespace

bool is_pointer(std::string_view text) {
  return text.size() <= longest_pointer && text.starts_with("version https://git-lfs.github.com/spec/") &&
         text.contains("\noid ");
}

std::filesystem::path store_of(const std::filesystem::path& git_directory, std::stop_token stop,
                               Deadline deadline) {
  // As its own working tree, since the one it names may be gone.
  const std::string here = git_directory.string();
  const Captured said = capture({.argv = {"git", "--git-dir", here, "--work-tree", here, "config",
                                          "--type=path", "--get", "lfs.storage"},
                                 .unset = {"GIT_DIR", "GIT_WORK_TREE"}},
                                std::move(stop), deadline);
  std::string named = said.ok() ? said.out : "";
  while (named.ends_with('\n')) named.pop_back();
  const fs::path common = git::common_directory_of(git_directory);
  return common / (named.empty() ? "lfs" : named) / "objects";
}

std::string sha256_of(std::string_view pointer) {
  const std::string_view id = value_in(pointer, "\noid sha256:");
  return std::string(is_sha256(id) ? id : "");
}

std::optional<std::filesystem::path> stored(const std::filesystem::path& store, std::string_view pointer) {
  const std::string id = sha256_of(pointer);
  if (id.empty() || pointer.contains("\next-")) return {};
  fs::path file = store / id.substr(0, 2) / id.substr(2, 2) / id;
  std::error_code absent;
  const auto size = fs::file_size(file, absent);
  if (absent || std::to_string(size) != value_in(pointer, "\nsize ")) return {};
  return file;
}

}  // namespace belay::git_lfs
