#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.hpp"
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

/// A copy that nobody else changes: what is in it is what is tested and shipped.
struct Checkout {
  std::filesystem::path root;    // of the repository's copy
  std::filesystem::path source;  // in it: what is shipped
  Commit commit;
};
/// Exports into `root`, which is made. For a commit that is the whole repository (tests may look at a
/// neighbouring folder), and only what is committed; for the working tree, all but what git ignores.
Checkout check_out(const Source&, const std::filesystem::path& root, std::stop_token, Deadline);

/// A second one of the same content, for the gate: what tests leave behind is never shipped.
Checkout copy_of(const Checkout&, const std::filesystem::path& root);

}  // namespace belay
