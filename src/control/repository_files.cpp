#include "control/repository_files.hpp"

#include <algorithm>
#include <array>

#include "base/files.hpp"

namespace belay {
namespace {

constexpr std::size_t most_files = 20'000;
constexpr std::uintmax_t largest_file = 1u << 20;
constexpr int deepest = 12;
constexpr std::array<std::string_view, 10> passed_over = {
    ".git", "node_modules", "vendor", ".venv", "venv", "dist", "build", "target", "__pycache__", ".next"};

}  // namespace

RepositoryFiles repository_files(const fs::path& directory, bool (*wanted)(std::string_view path)) {
  RepositoryFiles made;
  std::error_code error;
  fs::recursive_directory_iterator at(directory, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator() && made.paths.size() < most_files;
       at.increment(error)) {
    const fs::directory_entry& entry = *at;
    std::error_code unseen;
    if (entry.is_symlink(unseen)) continue;
    if (entry.is_directory(unseen)) {
      const std::string name = entry.path().filename().string();
      if (std::ranges::find(passed_over, name) != passed_over.end() || at.depth() >= deepest)
        at.disable_recursion_pending();
      continue;
    }
    if (entry.is_regular_file(unseen))
      made.paths.push_back(entry.path().lexically_relative(directory).string());
  }
  std::ranges::sort(made.paths);
  for (const std::string& path : made.paths) {
    std::error_code unseen;
    if (!wanted(path) || fs::file_size(directory / path, unseen) > largest_file || unseen) continue;
    if (auto text = read_file_if_exists(directory / path)) made.read.emplace_back(path, std::move(*text));
  }
  return made;
}

}  // namespace belay
