#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/process.hpp"
#include "model/release.hpp"

namespace belay::git {

/// A git command in `directory`, which variables that hooks set for their own repository do not redirect.
/// What `git replace` says is not followed: a commit's name stands for the same bytes on every machine.
Command command(const std::filesystem::path& directory, std::vector<std::string> arguments);

/// A repository, with further directories in which git looks for objects: those of its submodules.
struct Objects {
  std::filesystem::path repository;
  std::vector<std::filesystem::path> further{};
};
Command command(const Objects&, std::vector<std::string> arguments);

/// The repository around `directory`. Throws Error where there is none, git is missing, or git refuses to
/// read it since it belongs to another user (then with the command that allows it).
std::filesystem::path top_level(const std::filesystem::path& directory, std::stop_token);
/// The commit `ref` names (HEAD by default), with subject, branch and version. Throws Error with the nearest
/// branch name.
Commit resolve(const std::filesystem::path& repository, const std::string& ref, std::stop_token);
/// Whether the working tree differs from HEAD under `path` (untracked files too).
bool is_dirty(const std::filesystem::path& repository, const std::filesystem::path& path, std::stop_token);
/// One thing that is committed.
struct Entry {
  enum class Kind { file, program, link, submodule };  // a program is a file with git's executable bit
  Kind kind = Kind::file;
  std::string id;    // of the blob; of the commit for a submodule
  std::string path;  // below the directory that was asked about
};
/// The id of the directory `path` at `commit`; empty if the commit has no such directory.
std::string tree_of(const std::filesystem::path& repository, const std::string& commit,
                    const std::filesystem::path& path, std::stop_token);
/// All that is in a tree and its folders, in git's order.
std::vector<Entry> entries(const Objects&, const std::string& tree, std::stop_token, Deadline);
/// Which of `paths` (of the repository) have the attribute `name` set to `value` at `commit`: what
/// .gitattributes says there, not in the working tree, and not in the settings of a user or machine.
/// `scratch` is a file that may be written.
std::vector<std::string> with_attribute(const Objects&, const std::string& commit, const std::string& name,
                                        const std::string& value, const std::vector<std::string>& paths,
                                        const std::filesystem::path& scratch, std::stop_token, Deadline);
/// The same of a working tree as it lies there.
std::vector<std::string> with_attribute_now(const std::filesystem::path& work_tree, const std::string& name,
                                            const std::string& value, const std::vector<std::string>& paths,
                                            std::stop_token, Deadline);
/// Paths git tracks under `path` at `commit`, relative to it.
std::vector<std::string> tracked_files(const std::filesystem::path& repository, const std::string& commit,
                                       const std::filesystem::path& path, std::stop_token);
/// Those of the ids (one a line) that name a file's content in the repository, in whatever commit; one a
/// line.
std::string known_blobs(const std::filesystem::path& repository, const std::string& ids, std::stop_token);
/// Whether the repository has this commit (all of it but what git fetches later).
bool has_commit(const std::filesystem::path& repository, const std::string& id, std::stop_token);
/// The files that differ between two commits, as places in the repository. A renamed file counts twice.
std::vector<std::string> changed_files(const std::filesystem::path& repository, const std::string& from,
                                       const std::string& to, std::stop_token);
/// Copies the working tree under `path` (tracked and untracked, ignored files left out) into `directory`, its
/// submodules too; modes are 0644 and 0755, as a commit would have them. Returns the submodules that are not
/// initialised, as places in the repository.
std::vector<std::string> export_working_tree(const std::filesystem::path& repository,
                                             const std::filesystem::path& path,
                                             const std::filesystem::path& directory, std::stop_token,
                                             Deadline);

}  // namespace belay::git
