#include "drivers/git_directory.hpp"

#include <string>

#include "base/files.hpp"

namespace belay::git {

namespace {

fs::path path_in(std::string text, const fs::path& below) {
  while (text.ends_with('\n')) text.pop_back();
  return (below / text).lexically_normal();  // an absolute one stays as it is
}

}  // namespace

std::optional<std::filesystem::path> git_directory_of(const std::filesystem::path& work_tree) {
  constexpr std::string_view names = "gitdir: ";
  fs::path place = work_tree / ".git";
  std::error_code absent;
  if (fs::is_directory(place, absent)) return place;
  if (!fs::is_regular_file(place, absent)) return {};
  const std::string text = read_file(place);
  if (!text.starts_with(names)) return {};
  fs::path named = path_in(text.substr(names.size()), work_tree);
  if (!fs::is_directory(named, absent)) return {};
  return named;
}

std::filesystem::path common_directory_of(const std::filesystem::path& git_directory) {
  const auto text = read_file_if_exists(git_directory / "commondir");
  return text ? path_in(*text, git_directory) : git_directory;
}

}  // namespace belay::git
