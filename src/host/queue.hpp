#pragma once

#include <filesystem>
#include <string>

#include "base/files.hpp"

namespace belay {

/// First come, first served, among those who wait for an environment. A place is a file that its owner keeps
/// locked: whoever dies has left.
class PlaceInQueue {
 public:
  /// The last place: a file "waiting-…" of the directory. Throws Error where it cannot be written.
  explicit PlaceInQueue(std::filesystem::path directory);
  ~PlaceInQueue();
  PlaceInQueue(const PlaceInQueue&) = delete;
  PlaceInQueue& operator=(const PlaceInQueue&) = delete;

  /// Whether nobody who came before still waits. Removes the places of those who died.
  bool is_first() const;

 private:
  std::filesystem::path directory_;
  std::string name_;  // sorts by the time at which it came
  FileLock held_;
};

}  // namespace belay
