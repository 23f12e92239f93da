#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include <sys/stat.h>

#include "base/deadline.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "control/tree_record.hpp"
#include "drivers/git_submodules.hpp"

namespace belay {

/// One directory of a repository as it is at a commit, kept on this machine between runs, so that the next
/// one writes only what changed. What is in it is what is committed, byte for byte, whatever git's settings,
/// filters and the umask say; files are 0644 or 0755, directories 0755. Submodules are in it with what they
/// hold at their recorded commits, files of git-lfs with their contents; where this machine has not got them,
/// an empty directory and the pointer stand for them. It is looked through before each use:
/// what is not as it was written (a run that was killed half-way, an edit by hand) is written anew, what is
/// not committed is removed.
///
/// All files that one run writes get the same modification time, in whole seconds, later than every one
/// before it. So within one kept tree a path and a time name one content, and rsync may compare by time.
class KeptTree {
 public:
  /// The first tree of that name below `space` which no other process holds; a new one if all are held. It is
  /// held until the object is gone. `name` stands for the repository and what it is used for.
  static KeptTree take(const std::filesystem::path& space, const std::string& name);

  struct Wanted {
    std::filesystem::path repository;
    std::string commit, tree;      // of the directory
    std::filesystem::path inside;  // the directory's place in the repository
  };
  /// Makes it hold exactly that. Throws Error where it cannot be made so; nothing of it is to be used then.
  void bring_to(const Wanted&, std::stop_token, Deadline);

  std::filesystem::path directory() const { return place_ / "tree"; }
  /// A file beside it, for what is to be remembered as long as its times mean what they do.
  std::filesystem::path memory(const std::string& name) const { return place_ / ("memory-" + name); }
  const std::vector<TreeRecord::File>& files() const { return record_.files; }
  /// The submodules that bring_to() did not find on this machine.
  const std::vector<git::AbsentSubmodule>& absent() const { return absent_; }
  /// How many files the last bring_to() wrote.
  std::size_t written() const { return written_; }
  /// What could not be removed from it, and where it lies now; empty: nothing.
  const std::string& left_behind() const { return left_behind_; }

 private:
  KeptTree(std::filesystem::path place, FileLock lock);
  void forget();
  void set_aside(const Error&);
  const git::WholeTree& whole(const Wanted&, const std::stop_token&, Deadline);
  void want(const std::vector<git::Entry>&);
  void index_wanted();
  void clear();
  void look_through(int directory, const std::string& prefix);
  void look_at(int directory, const std::string& name, const std::string& path, const struct stat&);
  void make_directories_of(const std::string& path);
  void write_missing(const Wanted&, const std::stop_token&, Deadline);
  void fill_pointers(const Wanted&, const std::stop_token&, Deadline);
  std::vector<std::string> given_to_lfs(const Wanted&, const std::stop_token&, Deadline);
  void put_pointer(TreeRecord::File&, const std::string& pointer, TreeRecord::File::Lfs as);
  void put_content(TreeRecord::File&, const std::string& pointer, const std::filesystem::path& store);
  void mark(TreeRecord::File&) const;

  std::filesystem::path place_;
  FileLock lock_;
  TreeRecord record_{};
  std::size_t written_ = 0;
  std::string left_behind_{};
  std::vector<git::AbsentSubmodule> absent_{};

  // While it is brought forward: the tree as git has it, once something asks for it; what is wanted, by path,
  // and what of it is there already.
  std::optional<git::WholeTree> whole_{};
  std::unordered_map<std::string_view, std::size_t> by_path_{};
  std::set<std::string, std::less<>> directories_{}, made_{};
  std::vector<bool> there_{};
};

/// Removes what no run has used for a month, and the oldest beyond forty. What is held is left alone. Returns
/// what could not be removed, and why.
std::vector<std::string> prune_kept_trees(const std::filesystem::path& space);

}  // namespace belay
