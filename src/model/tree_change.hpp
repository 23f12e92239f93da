#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/tree_listing.hpp"

namespace belay {

/// What makes one tree of another, with the contents that are new. It travels in one message, in the place of
/// a transfer.
struct TreeChange {
  struct Put {
    TreeEntry entry;
    std::string content{};  // of a file
  };
  std::string from{}, to{};            // the marks of both trees
  std::vector<std::string> removed{};  // a directory with all that is in it
  std::vector<Put> put{};  // made or replaced, after the removals; a directory before what is in it

  /// How many files it brings.
  std::size_t files() const;
};

/// Without the contents. Neither listing is empty, and `to` has nothing of the kind `other`.
TreeChange change_between(const TreeListing& from, const TreeListing& to);

/// Each path costs the host a few calls, without progress to be seen: a moment for so many.
inline constexpr std::size_t most_changed_paths = 2'000;
/// Names and contents, unpacked. Both sides hold it in memory, a few times.
inline constexpr std::size_t largest_change = 1u << 20;
/// As it goes over the line. It has to be there before 15 s of silence count as the controller's end, over a
/// line of 256 kbit/s, too; and what takes longer gains little beside rsync's start.
inline constexpr std::size_t longest_packed_change = 256u << 10;

/// For a message: text of ASCII alone. Empty: it is larger than a message may be.
std::optional<std::string> packed(const TreeChange&);
/// Throws Error where it is damaged, cut, or larger than packed() makes one. Its paths are as they came.
TreeChange unpacked(std::string_view);

}  // namespace belay
