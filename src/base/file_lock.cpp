#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"

namespace belay {

std::optional<FileLock> FileLock::try_acquire(const fs::path& path) {
  while (true) {
    auto lock = locked(Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)), path);
    struct stat status{};
    // Removed between the two calls: others lock the file that has the name now.
    if (lock && ::fstat(lock->fd_.get(), &status) == 0 && status.st_nlink == 0) continue;
    return lock;
  }
}

std::optional<FileLock> FileLock::try_acquire_directory(const fs::path& path) {
  return locked(Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), path);
}

std::optional<FileLock> FileLock::locked(Fd file, const fs::path& path) {
  if (!file) throw system_error(fmt::format("cannot open the lock {}", path.native()), errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return FileLock(std::move(file), path);
  if (errno == EWOULDBLOCK) return std::nullopt;
  throw system_error(fmt::format("cannot lock {}", path.native()), errno);
}

bool FileLock::locks(const fs::path& path) const {
  struct stat held{}, named{};
  return ::fstat(fd_.get(), &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

FileLock FileLock::adopt(Fd fd, fs::path path) {
  return {std::move(fd), std::move(path)};
}

void FileLock::write_holder(std::string_view holder) const {
  // Cut after writing, not before: who reads meanwhile finds a holder, at worst with the tail of the one
  // before.
  if (::lseek(fd_.get(), 0, SEEK_SET) < 0)
    throw system_error(fmt::format("cannot seek in {}", path_.native()), errno);
  if (const int reason = try_write_all(fd_.get(), holder)) {
    throw system_error(fmt::format("cannot write {}", path_.native()), reason);
  }
  if (::ftruncate(fd_.get(), static_cast<off_t>(holder.size())) != 0) {
    throw system_error(fmt::format("cannot cut {}", path_.native()), errno);
  }
}

}  // namespace belay
