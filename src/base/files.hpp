#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/fd.hpp"

namespace belay {

namespace fs = std::filesystem;

/// Everything here throws Error naming the path and the system's reason, unless it says otherwise.

std::string read_file(const fs::path&);
std::optional<std::string> read_file_if_exists(const fs::path&);
/// Temporary file beside it, fsync, rename, fsync of the directory: after a crash the old content or the new,
/// never half.
void write_file_atomically(const fs::path&, std::string_view content, mode_t mode = 0600);
/// As mkdir -p; those it makes get `mode` (less the umask) and survive a crash.
void make_directories(const fs::path&, mode_t mode = 0700);
void fsync_directory(const fs::path&);
void fsync_file(const fs::path&);
/// Removes a file or a tree, read-only directories of this user's too; absent is fine. Symlinks are removed,
/// not followed.
void remove_tree(const fs::path&);
/// Atomically points the symlink at `target`.
void replace_symlink(const fs::path& link, const fs::path& target);

/// A directory, and no symlink to one. Where that cannot be seen it is false, not an Error.
bool is_real_directory(const fs::path&);
/// Whether this process may look into a directory; no Error either.
bool may_be_entered(const fs::path& directory);

/// What an unprivileged user may still take. A file system that has no limit on inodes reports the largest
/// number.
struct Space {
  std::uint64_t bytes_free = 0, inodes_free = 0;
};
Space free_space(const fs::path&);

/// A directory of this process alone (0700), removed with it: under $XDG_RUNTIME_DIR or /tmp, which have
/// short names and little room, or under `parent`.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(std::string_view prefix);
  TemporaryDirectory(const fs::path& parent, std::string_view prefix);
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// flock(2) on a file: gone with the last process that holds the descriptor, so a dead holder leaves no lock.
class FileLock {
 public:
  /// Empty if somebody else holds it.
  static std::optional<FileLock> try_acquire(const fs::path&);
  /// The same of a directory that is there already; it need not be writable.
  static std::optional<FileLock> try_acquire_directory(const fs::path&);
  /// Whether the file of that name is the one that is locked.
  bool locks(const fs::path&) const;
  /// Takes over a lock inherited on an open descriptor.
  static FileLock adopt(Fd, fs::path);
  int fd() const { return fd_.get(); }
  /// Who holds it, for the one who is refused: overwrites the file's content.
  void write_holder(std::string_view) const;

 private:
  static std::optional<FileLock> locked(Fd, const fs::path&);
  FileLock(Fd fd, fs::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd fd_;
  fs::path path_;
};

}  // namespace belay
