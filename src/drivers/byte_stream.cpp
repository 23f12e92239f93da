#include "drivers/byte_stream.hpp"

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace belay {

Io Limits::wait(int fd, short events) const {
  while (true) {
    pollfd both[2] = {{fd, events, 0}, {wake_.fd(), POLLIN, 0}};
    const int ready = ::poll(both, 2, deadline_.poll_milliseconds());
    if (ready < 0 && errno != EINTR) return Io::failed(reason_of(errno));
    if (ready > 0 && both[1].revents != 0) return {Io::Status::stopped};
    if (ready > 0) return {};
    if (deadline_.expired()) return {Io::Status::deadline};
  }
}

Io SocketStream::read(char* into, std::size_t size) {
  while (true) {
    const ssize_t got = ::recv(socket_.get(), into, size, 0);
    if (got > 0) return {Io::Status::done, static_cast<std::size_t>(got)};
    if (got == 0) return {Io::Status::end};
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return Io::failed(reason_of(errno));
    if (Io waited = limits_.wait(socket_.get(), POLLIN); !waited.ok()) return waited;
  }
}

Io SocketStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return Io::failed(reason_of(errno));
    if (Io waited = limits_.wait(socket_.get(), POLLOUT); !waited.ok()) return waited;
  }
  return {};
}

Io connect_unix(const std::filesystem::path& path, Fd& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof address.sun_path) return Io::failed("the socket's path is too long");
  std::memcpy(address.sun_path, text.data(), text.size());

  Fd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) return Io::failed(reason_of(errno));
  // A unix socket connects at once or not at all: EAGAIN means that the listener's queue is full.
  if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return Io::failed(reason_of(errno));
  socket = std::move(made);
  return {};
}

std::string reason_of(int errno_value) {
  char buffer[128];
  std::string text = ::strerror_r(errno_value, buffer, sizeof buffer);
  // "Connection refused" → "connection refused"; but not "I/O error".
  if (text.size() > 1 && text[1] >= 'a' && text[1] <= 'z' && text[0] >= 'A' && text[0] <= 'Z')
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

}  // namespace belay
