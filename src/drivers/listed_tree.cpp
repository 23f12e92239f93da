#include "drivers/listed_tree.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/in_parallel.hpp"

namespace belay {

namespace {

using Kind = TreeEntry::Kind;

Kind kind_of(const struct stat& status) {
  if (S_ISREG(status.st_mode)) return Kind::file;
  if (S_ISDIR(status.st_mode)) return Kind::directory;
  return S_ISLNK(status.st_mode) ? Kind::symlink : Kind::other;
}

/// One directory that is open while its names are looked at: the way to it is gone once.
class OpenDirectory {
 public:
  OpenDirectory(const fs::path& root, std::string path) : path_(std::move(path)) {
    const fs::path full = path_.empty() ? root : root / path_;
    const int fd = ::open(full.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) throw system_error("cannot read the directory " + full.string(), errno);
    stream_ = ::fdopendir(fd);
    if (stream_ == nullptr) {
      const int reason = errno;
      ::close(fd);
      throw system_error("cannot read the directory " + full.string(), reason);
    }
  }
  ~OpenDirectory() { ::closedir(stream_); }
  OpenDirectory(const OpenDirectory&) = delete;
  OpenDirectory& operator=(const OpenDirectory&) = delete;

  TreeListing entries() {
    TreeListing found;
    while (const dirent* const entry = ::readdir(stream_))
      if (const std::string_view name = entry->d_name; name != "." && name != "..")
        found.push_back(look_at(entry->d_name));
    return found;
  }

 private:
  TreeEntry look_at(const char* name) const {
    TreeEntry entry{.path = path_.empty() ? name : path_ + "/" + name};
    struct stat status{};
    if (::fstatat(::dirfd(stream_), name, &status, AT_SYMLINK_NOFOLLOW) != 0)
      throw system_error("cannot look at " + entry.path, errno);
    entry.kind = kind_of(status);
    if (entry.kind == Kind::symlink)
      entry.target = target_of(name, static_cast<std::size_t>(status.st_size));
    else
      entry.mode = status.st_mode & 07777u;
    if (entry.kind == Kind::file) {
      entry.size = static_cast<std::uint64_t>(status.st_size);
      entry.modified = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
    }
    return entry;
  }

  std::string target_of(const char* name, std::size_t size) const {
    std::string target(size + 1, '\0');  // one more shows that it has not grown meanwhile
    const ssize_t length = ::readlinkat(::dirfd(stream_), name, target.data(), target.size());
    if (length < 0 || static_cast<std::size_t>(length) > size)
      throw system_error("cannot read the link " + path_ + "/" + name, length < 0 ? errno : EAGAIN);
    target.resize(static_cast<std::size_t>(length));
    return target;
  }

  std::string path_;
  DIR* stream_ = nullptr;
};

TreeEntry entry_of_root(const fs::path& root) {
  struct stat status{};
  if (::lstat(root.c_str(), &status) != 0) throw system_error("cannot look at " + root.string(), errno);
  return {.kind = kind_of(status), .mode = status.st_mode & 07777u};
}

}  // namespace

TreeListing listed_tree(const fs::path& root) {
  TreeListing all{entry_of_root(root)};
  // Level by level, the directories of one level several at a time.
  for (std::vector<std::string> level{""}; !level.empty();) {
    std::vector<TreeListing> found(level.size());
    in_parallel(level.size(), [&](std::size_t i) { found[i] = OpenDirectory(root, level[i]).entries(); });
    level.clear();
    for (TreeListing& entries : found)
      for (TreeEntry& entry : entries) {
        if (entry.kind == Kind::directory) level.push_back(entry.path);
        all.push_back(std::move(entry));
      }
  }
  std::ranges::sort(all, {}, &TreeEntry::path);
  return all;
}

}  // namespace belay
