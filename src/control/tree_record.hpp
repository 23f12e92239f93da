#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "drivers/git.hpp"

namespace belay {

/// What a kept tree was when it was last written, for the next run to see at a glance what is still so: for
/// each file the blob, and the marks that the file system puts on it. An edit by hand changes one of the
/// marks, also where the edit keeps size and time (the time of the inode's last change cannot be set).
struct TreeRecord {
  struct File {
    git::Entry entry{};
    /// A pointer of git-lfs as it is committed, or filled with what it stands for; `alike` has a pointer's
    /// text, but .gitattributes does not give it to git-lfs.
    enum class Lfs : char { none = '-', alike = 'a', pointer = 'p', filled = 'f' };
    Lfs lfs = Lfs::none;
    std::uint64_t size = 0, inode = 0, mode = 0;
    std::int64_t modified = 0, changed = 0;  // in ns

    void take_marks(const struct stat&);
    bool has_marks_of(const struct stat&) const;
  };
  std::string tree;         // git's id; empty: nothing is known to be there
  std::int64_t stamp = 0;   // the newest modification time given to a file, in s
  std::vector<File> files;  // in git's order, submodules too
};

/// Empty if it is absent, damaged or of another version: then nothing is known.
std::optional<TreeRecord> read_tree_record(const std::filesystem::path&);
/// Replaces it at once, but not durably: what a power cut makes of it, its checksum tells.
void write_tree_record(const std::filesystem::path&, const TreeRecord&);

}  // namespace belay
