#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "control/kept_tree.hpp"
#include "control/watcher.hpp"
#include "model/config.hpp"
#include "model/release.hpp"

namespace belay {

/// What is to be deployed, found out before anything is copied: a commit, or (--dirty) the working tree.
struct Source {
  std::filesystem::path directory;                  // belay.yml's `source`, in the working tree
  std::optional<std::filesystem::path> repository;  // none: not in git, which only --dirty allows
  std::filesystem::path inside;                     // the directory's place in the repository
  Commit commit;
};

/// Resolves `ref`; tells the watcher what will not be shipped (or what will, with --dirty). Throws Error{exit
/// code 2} for an unknown ref, or a source outside of git without --dirty.
Source find_source(const std::filesystem::path& config_file, const std::filesystem::path& source,
                   const std::string& ref, bool dirty, Watcher&, std::stop_token);

/// Files that nobody else changes while this lives: what is in it is what is shipped.
struct Checkout {
  std::filesystem::path source;  // what is shipped
  Commit commit;
  /// Of a commit: the kept tree, held as long as this lives. None for the working tree.
  std::shared_ptr<const KeptTree> kept{};
  /// All that the working tree has, in which `source` lies; of a commit: empty.
  std::filesystem::path working_copy{};

  /// The submodules below `source` that are not on this machine.
  std::vector<git::AbsentSubmodule> absent{};
  /// The files below `source` that lie in it as pointers of git-lfs.
  std::vector<std::string> pointers{};

  /// For ShippedTimes; empty: times say nothing.
  std::filesystem::path times_memory() const;
};
/// The source as it is committed, and only what is committed: a tree that is kept from run to run. The
/// working tree is copied into `aside` instead, without what git ignores.
Checkout check_out(const Source&, const std::filesystem::path& aside, std::stop_token, Deadline);

/// A second one for commands, of the whole repository (tests may look at a neighbouring folder), in which
/// they may write: what they leave behind is gone before the next ones begin. `use` is "gate" or "build":
/// neither sees what the other has left.
Checkout check_out_for_commands(const Source&, const Checkout& shipped, const std::string& use,
                                const std::filesystem::path& aside, std::stop_token, Deadline);

/// Makes such a checkout a repository of its own whose HEAD is the commit (for --dirty: the one that the
/// changes are made to). It is shallow, and gone before the next commands begin. Throws Error{exit code 2}
/// for a source outside of git.
void lay_repository(const Source&, const Checkout& for_gate, std::stop_token, Deadline);

/// The files tracked by git that the excludes hide, with the pattern at fault.
std::vector<std::string> hidden_files(const Source&, const Checkout&, const std::vector<std::string>& exclude,
                                      std::stop_token);

}  // namespace belay
