#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belay {

/// What a directory tree holds, without the contents of its files: what rsync looks at where it compares by
/// size and time.
struct TreeEntry {
  enum class Kind : char { file = 'f', directory = 'd', symlink = 'l', other = 'o' };
  std::string path{};  // below the root, in the file system's bytes, which may be no UTF-8; empty: the root
  Kind kind = Kind::file;
  std::uint32_t mode = 0;     // its permissions; 0 of a symlink
  std::uint64_t size = 0;     // of a file
  std::int64_t modified = 0;  // of a file, in ns: directories and symlinks are shipped without times
  std::string target{};       // of a symlink

  bool operator==(const TreeEntry&) const = default;
};

/// Sorted by path, each path once, the root first. So a directory comes before what is in it.
using TreeListing = std::vector<TreeEntry>;

void append_to(std::string& bytes, const TreeEntry&);
/// Takes the entry at the beginning of `rest` off; empty: there is none.
std::optional<TreeEntry> take_entry(std::string_view& rest);

/// The same listing, the same bytes.
std::string bytes_of(const TreeListing&);
/// Empty if these are no bytes of a listing.
std::optional<TreeListing> listing_in(std::string_view bytes);

/// A name for the listing that no other one has: two trees of one mark are the same to rsync by size and
/// time.
std::string mark_of(const TreeListing&);

}  // namespace belay
