#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/deadline.hpp"

namespace belay::git_lfs {

/// Whether a committed file of so many bytes may be a pointer of git-lfs, and whether a text is one.
inline constexpr std::size_t longest_pointer = 1024;
bool is_pointer(std::string_view text);
bool is_installed();
/// Writes what `pointer` stands for to the descriptor, as git-lfs does at a checkout: from its store in the
/// repository, else from its server. Throws Error with git-lfs's own words.
void write_content(const std::filesystem::path& repository, const std::string& path,
                   const std::string& pointer, int to, std::stop_token, Deadline);

}  // namespace belay::git_lfs
