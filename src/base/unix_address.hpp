#pragma once

#include <filesystem>

#include <sys/un.h>

#include "base/fd.hpp"

namespace belay {

/// Where a unix socket stands. The kernel limits such a path to 107 bytes, a live directory's is not: the
/// directory is named by its descriptor, which lives as long as this.
class UnixAddress {
 public:
  /// Throws Error where the directory is there and cannot be opened.
  explicit UnixAddress(const std::filesystem::path&);

  /// False: errno says why; ENOENT also where there is no directory.
  bool bind(const Fd& socket) const;
  bool connect(const Fd& socket) const;

 private:
  Fd directory_;
  sockaddr_un address_{};
};

/// Throws Error. `type` is SOCK_STREAM or SOCK_DGRAM, with flags.
Fd unix_socket(int type);

}  // namespace belay
