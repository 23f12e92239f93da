#pragma once

#include <filesystem>

#include <boost/json/object.hpp>

#include "model/layout.hpp"

namespace belay {

/// For a container that must see the release's files while the live directory still has the old ones: a
/// migration before the switch, or a candidate that runs beside the old release.
struct ReleasedMounts {
  const Layout& layout;
  std::string release;
  /// Where directories are copied to that the container may write to; empty: those stay the live directory's.
  std::filesystem::path copies{};
};

/// The create body with its mounts of the live directory pointed at the release's files, where the release
/// has them. A writable directory is a copy, in which everything that only the server has is mounted from the
/// live directory: what the container writes there stays.
boost::json::object with_released_mounts(boost::json::object body, const ReleasedMounts&);

}  // namespace belay
