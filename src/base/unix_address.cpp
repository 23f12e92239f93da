#include "base/unix_address.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include "base/error.hpp"

namespace belay {

UnixAddress::UnixAddress(const std::filesystem::path& path)
    : directory_(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!directory_ && errno != ENOENT) throw system_error("cannot open " + path.parent_path().string(), errno);
  const auto within = fmt::format("/proc/self/fd/{}/{}", directory_.get(), path.filename().string());
  if (within.size() >= sizeof address_.sun_path)
    throw system_error("cannot name " + path.string(), ENAMETOOLONG);
  address_.sun_family = AF_UNIX;
  std::ranges::copy(within, &address_.sun_path[0]);
}

bool UnixAddress::bind(const Fd& socket) const {
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0;
}

bool UnixAddress::connect(const Fd& socket) const {
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0;
}

Fd unix_socket(int type) {
  Fd made(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (!made) throw system_error("cannot make a socket", errno);
  return made;
}

}  // namespace belay
