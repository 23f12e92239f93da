#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "model/release.hpp"

namespace belay::git {

/// The repository around `directory`. Throws Error where there is none, or git is missing.
std::filesystem::path top_level(const std::filesystem::path& directory, std::stop_token);
/// The commit `ref` names (HEAD by default), with subject, branch and version. Throws Error with the nearest
/// branch name.
Commit resolve(const std::filesystem::path& repository, const std::string& ref, std::stop_token);
/// Whether the working tree differs from HEAD under `path` (untracked files too).
bool is_dirty(const std::filesystem::path& repository, const std::filesystem::path& path, std::stop_token);
/// What is committed, and nothing else, into `directory` (git archive | tar): submodule-free, no .git.
void export_commit(const std::filesystem::path& repository, const std::string& commit,
                   const std::filesystem::path& directory, std::stop_token, Deadline);
/// Paths git tracks under `path` at `commit`, relative to it.
std::vector<std::string> tracked_files(const std::filesystem::path& repository, const std::string& commit,
                                       const std::filesystem::path& path, std::stop_token);
/// Those of the ids (one a line) that name a file's content in the repository, in whatever commit; one a line.
std::string known_blobs(const std::filesystem::path& repository, const std::string& ids, std::stop_token);
/// Copies the working tree under `path` (tracked and untracked, ignored files left out) into `directory`.
void export_working_tree(const std::filesystem::path& repository, const std::filesystem::path& path,
                         const std::filesystem::path& directory, std::stop_token, Deadline);

}  // namespace belay::git
