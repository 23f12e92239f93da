#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace belay::compose {

/// Which compose files a project has, as compose itself finds them (compose-go's order, seen in 2.26).

/// The names as compose would be given them by -f, relative to `source` or absolute: `named`; else
/// COMPOSE_FILE of `env_files` (later ones win); else the file compose takes in `source` and its override.
/// Empty: there is none. None of the files need exist but those of the last case.
std::vector<std::string> files_of(const std::vector<std::string>& named, const std::filesystem::path& source,
                                  const std::vector<std::filesystem::path>& env_files);

/// The first of them, for where only one has a place; where there is none, the name compose looks for first.
std::string main_file_of(const std::vector<std::string>& named, const std::filesystem::path& source,
                         const std::vector<std::filesystem::path>& env_files);

/// "a.yml, b.yml", for messages; where there is none, the names that compose looks for.
std::string shown_files(const std::vector<std::string>& files);

}  // namespace belay::compose
