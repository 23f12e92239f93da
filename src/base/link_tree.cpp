#include "base/link_tree.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <mutex>
#include <optional>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/in_parallel.hpp"

namespace belay {

namespace {

/// Names relative to directories that are open: the way to them is gone once, not for each file.
class Directory {
 public:
  explicit Directory(const fs::path& path) : stream_(::opendir(path.c_str())) {
    if (stream_ == nullptr) throw system_error("cannot read the directory " + path.string(), errno);
  }
  ~Directory() { ::closedir(stream_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  int fd() const { return ::dirfd(stream_); }
  /// Nothing: that was all. Not every file system tells what an entry is.
  const dirent* next() {
    const dirent* entry = ::readdir(stream_);
    while (entry != nullptr && is_itself(entry->d_name)) entry = ::readdir(stream_);
    return entry;
  }
  bool is_directory(const dirent& entry) const {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
    struct stat status{};
    return ::fstatat(fd(), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
  }

 private:
  static bool is_itself(std::string_view name) { return name == "." || name == ".."; }
  DIR* stream_;
};

/// The owner of a directory has to put files there, whatever the mode that it gets.
void set_mode_like(const struct stat& status, const fs::path& made) {
  if (::chmod(made.c_str(), (status.st_mode & 07777u) | S_IRWXU) != 0)
    throw system_error("cannot set the mode of " + made.string(), errno);
}

class Linking {
 public:
  Linking(const fs::path& from, const fs::path& to) : from_(from), to_(to) {}

  /// Level by level, the directories of one level several at a time.
  void link_all() {
    for (std::vector<fs::path> level{fs::path()}; !level.empty();) {
      std::vector<std::vector<fs::path>> below(level.size());
      in_parallel(level.size(), [&](std::size_t i) { below[i] = link_files_of(level[i]); });
      level.clear();
      for (auto& directories : below) std::ranges::move(directories, std::back_inserter(level));
    }
    if (problem_) throw Error(*problem_);
  }

 private:
  /// Makes the directories in it, too, and returns them.
  std::vector<fs::path> link_files_of(const fs::path& directory) {
    std::vector<fs::path> below;
    Directory source(from_ / directory);
    const Directory target(to_ / directory);
    while (const dirent* const entry = source.next()) {
      if (source.is_directory(*entry)) {
        below.push_back(directory / entry->d_name);
        make_like(source.fd(), entry->d_name, below.back());
      } else if (::linkat(source.fd(), entry->d_name, target.fd(), entry->d_name, 0) != 0 &&
                 errno != EEXIST) {
        keep_problem(errno, from_ / directory / entry->d_name);
      }
    }
    return below;
  }

  void make_like(int source, const char* name, const fs::path& directory) const {
    struct stat status{};
    if (::fstatat(source, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
      throw system_error("cannot look at " + (from_ / directory).string(), errno);
    const auto made = to_ / directory;
    if (::mkdir(made.c_str(), 0700) != 0 && errno != EEXIST)
      throw system_error("cannot make the directory " + made.string(), errno);
    set_mode_like(status, made);
  }

  void keep_problem(int reason, const fs::path& file) {
    const std::lock_guard lock(mutex_);
    if (!problem_) problem_ = system_error("cannot make a hard link to " + file.string(), reason);
  }

  const fs::path &from_, &to_;
  std::mutex mutex_;
  std::optional<Error> problem_;
};

}  // namespace

void link_tree(const fs::path& from, const fs::path& to) {
  struct stat status{};
  if (::stat(from.c_str(), &status) != 0) throw system_error("cannot look at " + from.string(), errno);
  make_directories(to);
  set_mode_like(status, to);
  Linking(from, to).link_all();
}

}  // namespace belay
