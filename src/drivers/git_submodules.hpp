#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "drivers/git.hpp"

namespace belay::git {

/// A repository at one commit: the one that is shipped, or a submodule of it.
struct Module {
  std::string path;                     // in the outermost repository, "" for that itself
  std::string commit;                   //
  std::filesystem::path git_directory;  // where git keeps its objects and settings
};

/// A submodule whose files cannot be had on this machine.
struct AbsentSubmodule {
  std::string path;  // below the directory that was asked about
  std::string why;   // one sentence
};

/// A directory of a commit with what its submodules hold at their recorded commits, and theirs.
struct WholeTree {
  std::vector<Entry> entries;   // an entry of kind submodule is one that is absent
  std::vector<Module> modules;  // the outermost first
  std::vector<AbsentSubmodule> absent;
  Objects objects;  // to read the contents of all entries from
};

/// `inside` is the directory's place in the repository, `tree` its id. The objects of a submodule are looked
/// for where git keeps those of one that is initialised; its working tree is not read. Throws Error where git
/// fails; an absent submodule is no failure.
WholeTree whole_tree(const std::filesystem::path& repository, const std::string& commit,
                     const std::filesystem::path& inside, const std::string& tree, std::stop_token, Deadline);

/// The module that `path` (in the outermost repository) belongs to.
const Module& module_of(const std::vector<Module>&, const std::string& path);

}  // namespace belay::git
