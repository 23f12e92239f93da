#pragma once

#include <filesystem>
#include <optional>

namespace belay::git {

/// The directory in which git keeps what belongs to a working tree: its `.git`, or what the file `.git` names
/// (a submodule, a further working tree). Empty where there is none. git is not asked: it may refuse to look
/// at a directory of another user's.
std::optional<std::filesystem::path> git_directory_of(const std::filesystem::path& work_tree);

/// The directory that has the objects and settings: the same one, save for a further working tree.
std::filesystem::path common_directory_of(const std::filesystem::path& git_directory);

}  // namespace belay::git
