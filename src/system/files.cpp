#include "base/files.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <system_error>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/hash.hpp"

namespace belay {

namespace {

Error failure(std::string_view doing, const fs::path& path, int reason) {
  return system_error(fmt::format("cannot {} {}", doing, path.native()), reason);
}

std::string read_to_end(const Fd& file, const fs::path& path) {
  std::string content;
  std::array<char, read_size> chunk;
  for (;;) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got == 0) return content;
    if (got > 0) {
      content.append(chunk.data(), static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      throw failure("read", path, errno);
    }
  }
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// A name of its own beside `path`, hidden, for what is renamed over it.
fs::path name_beside(const fs::path& path) {
  return folder_of(path) / fmt::format(".{}.{}", path.filename().native(), random_nonce());
}

/// Removes a file that is half made, unless it was renamed into place.
class Unfinished {
 public:
  explicit Unfinished(fs::path path) : path_(std::move(path)) {}
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    // Left behind it harms nobody, and the failure that led here is the one to report.
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  void rename_to(const fs::path& path) {
    if (::rename(path_.c_str(), path.c_str()) != 0) throw failure("replace", path, errno);
    path_.clear();
    fsync_directory(folder_of(path));
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void make_directory(const fs::path& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return fsync_directory(folder_of(path));
  const int reason = errno;
  struct stat status{};
  const bool is_there = ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  if (!is_there) throw failure("make the directory", path, reason);
}

void fsync_opened(const fs::path& path, int flags) {
  const Fd opened(::open(path.c_str(), flags | O_CLOEXEC));
  if (!opened) throw failure("open", path, errno);
  if (::fsync(opened.get()) != 0) throw failure("sync", path, errno);
}

/// Makes the directories of a tree writable, as far as they are ours; what is not stays as it is.
void open_up(const fs::path& directory) {
  if (!is_real_directory(directory)) return;
  std::error_code refused;
  fs::permissions(directory, fs::perms::owner_all, fs::perm_options::add, refused);
  for (auto entry = fs::directory_iterator(directory, refused); entry != fs::directory_iterator();
       entry.increment(refused))
    if (!entry->is_symlink(refused) && entry->is_directory(refused)) open_up(entry->path());
}

fs::path runtime_directory() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const bool usable = runtime != nullptr && *runtime == '/' && ::access(runtime, W_OK | X_OK) == 0;
  return usable ? runtime : "/tmp";
}

}  // namespace

std::string read_file(const fs::path& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw failure("read", path, errno);
  return read_to_end(file, path);
}

std::optional<std::string> read_file_if_exists(const fs::path& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file) return read_to_end(file, path);
  if (errno == ENOENT) return std::nullopt;
  throw failure("read", path, errno);
}

void write_file_atomically(const fs::path& path, std::string_view content, mode_t mode) {
  const fs::path beside = name_beside(path);
  const Fd file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file) throw failure("write", path, errno);
  Unfinished unfinished(beside);
  if (::fchmod(file.get(), mode) != 0) throw failure("set the mode of", path, errno);  // whatever the umask
  if (const int reason = try_write_all(file.get(), content)) throw failure("write", path, reason);
  if (::fsync(file.get()) != 0) throw failure("sync", path, errno);
  unfinished.rename_to(path);
}

void make_directories(const fs::path& path, mode_t mode) {
  fs::path made;
  for (const fs::path& part : path) {
    made /= part;
    if (!part.empty()) make_directory(made, mode);  // a slash at the end makes an empty part
  }
}

void fsync_directory(const fs::path& path) {
  fsync_opened(path, O_RDONLY | O_DIRECTORY);
}

void fsync_file(const fs::path& path) {
  fsync_opened(path, O_RDONLY);
}

void remove_tree(const fs::path& path) {
  std::error_code failed;
  fs::remove_all(path, failed);
  if (!failed) return;
  open_up(path);
  fs::remove_all(path, failed);
  if (failed) throw Error(fmt::format("cannot remove {}", path.native()), failed.message());
}

void replace_symlink(const fs::path& link, const fs::path& target) {
  const fs::path beside = name_beside(link);
  if (::symlink(target.c_str(), beside.c_str()) != 0) throw failure("make the link", link, errno);
  Unfinished(beside).rename_to(link);
}

bool is_real_directory(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_directory(fs::symlink_status(path, unreadable));
}

bool may_be_entered(const fs::path& directory) {
  return ::faccessat(AT_FDCWD, directory.c_str(), R_OK | X_OK, AT_EACCESS) == 0;
}

Space free_space(const fs::path& path) {
  struct statvfs status{};
  if (::statvfs(path.c_str(), &status) != 0) throw failure("measure the free space of", path, errno);
  Space space{.bytes_free = std::uint64_t{status.f_bavail} * status.f_frsize, .inodes_free = status.f_favail};
  // btrfs and some network file systems make inodes as needed and report none at all.
  if (status.f_files == 0) space.inodes_free = std::numeric_limits<std::uint64_t>::max();
  return space;
}

TemporaryDirectory::TemporaryDirectory(std::string_view prefix)
    : TemporaryDirectory(runtime_directory(), prefix) {}

TemporaryDirectory::TemporaryDirectory(const fs::path& parent, std::string_view prefix) {
  std::string name = fmt::format("{}/{}XXXXXX", parent.native(), prefix);
  if (::mkdtemp(name.data()) == nullptr) throw failure("make the temporary directory", name, errno);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  // A destructor has nobody to tell. What stays is private, and only its owner can remove it.
  try {
    remove_tree(path_);
  } catch (const Error&) {
    return;
  }
}

}  // namespace belay
