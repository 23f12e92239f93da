#pragma once

#include "base/files.hpp"

namespace belay {

/// Whether the directory's disk has room for what only tells: output, the logs of containers. Going back
/// needs the last of it more.
inline bool has_room_to_tell(const fs::path& directory) {
  return free_space(directory).bytes_free >= 64'000'000;
}

}  // namespace belay
