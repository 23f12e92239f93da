#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/deadline.hpp"

namespace belay::git_lfs {

/// Whether a committed file of so many bytes may be a pointer of git-lfs, and whether a text is one.
inline constexpr std::size_t longest_pointer = 1024;
bool is_pointer(std::string_view text);

/// Where git-lfs keeps contents on this machine, for the repository with that git directory: its setting
/// lfs.storage, else lfs/ there.
std::filesystem::path store_of(const std::filesystem::path& git_directory, std::stop_token, Deadline);

/// The file in the store with the content that `pointer` stands for. Empty where it is not there in its whole
/// length, or the pointer is of a kind that only git-lfs itself can follow (with extensions). What the
/// content is, its copy tells: see sha256_of().
std::optional<std::filesystem::path> stored(const std::filesystem::path& store, std::string_view pointer);
/// What a content must have, in lower-case hexadecimal; empty if the pointer does not say.
std::string sha256_of(std::string_view pointer);

}  // namespace belay::git_lfs
