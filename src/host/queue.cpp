#include "host/queue.hpp"

#include <chrono>

#include <fmt/core.h>
#include <sys/stat.h>

#include "base/hash.hpp"

namespace belay {

namespace {

constexpr std::string_view place_prefix = "waiting-";

std::string name_of_now() {
  // Finer than belay's own time, which is one of milliseconds.
  const std::chrono::nanoseconds since = std::chrono::system_clock::now().time_since_epoch();
  return fmt::format("{}{:020}-{}", place_prefix, since.count(), random_nonce());
}

bool is_removed(const FileLock& place) {
  struct stat status{};
  return ::fstat(place.fd(), &status) == 0 && status.st_nlink == 0;
}

/// Between its making and its locking another one may take a place for that of a dead one, and remove it.
FileLock taken(const fs::path& directory, std::string& name) {
  while (true) {
    name = name_of_now();
    auto place = FileLock::try_acquire(directory / name);
    if (place && !is_removed(*place)) return std::move(*place);
  }
}

}  // namespace

PlaceInQueue::PlaceInQueue(fs::path directory)
    : directory_(std::move(directory)), held_(taken(directory_, name_)) {}

PlaceInQueue::~PlaceInQueue() {
  std::error_code left;  // an unlocked place counts for nothing
  fs::remove(directory_ / name_, left);
}

bool PlaceInQueue::is_first() const {
  for (const auto& entry : fs::directory_iterator(directory_)) {
    const auto other = entry.path().filename().string();
    if (!other.starts_with(place_prefix) || other >= name_) continue;
    const auto left = FileLock::try_acquire(entry.path());
    if (!left) return false;
    fs::remove(entry.path());
  }
  return true;
}

}  // namespace belay
