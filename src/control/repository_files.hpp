#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace belay {

/// The files of a working directory that `wanted` says yes to, with their text, and the paths of all:
/// relative and sorted. What tools leave behind (.git, node_modules and their like) is passed over, and so
/// are links, files of more than a mebibyte, and all that comes after 20 000 files.
struct RepositoryFiles {
  std::vector<std::pair<std::string, std::string>> read;
  std::vector<std::string> paths;
};
RepositoryFiles repository_files(const std::filesystem::path& directory,
                                 bool (*wanted)(std::string_view path));

}  // namespace belay
