#include "local_server.hpp"

#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace belay::testing {
namespace {

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

Fd bound_to_loopback(int& port) {
  Fd bound(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  check(static_cast<bool>(bound), "socket");
  const int reuse = 1;
  check(::setsockopt(bound.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) == 0, "setsockopt");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(::bind(bound.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
  socklen_t size = sizeof address;
  check(::getsockname(bound.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  port = ntohs(address.sin_port);
  return bound;
}

Fd listen_on_loopback(int& port) {
  Fd listener = bound_to_loopback(port);
  check(::listen(listener.get(), 16) == 0, "listen");
  return listener;
}

Fd listen_on_path(const std::string& path) {
  Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  check(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
  check(::listen(listener.get(), 16) == 0, "listen");
  return listener;
}

bool readable_before(int fd, int closing) {
  pollfd both[2] = {{fd, POLLIN, 0}, {closing, POLLIN, 0}};
  return ::poll(both, 2, -1) > 0 && both[1].revents == 0;
}

}  // namespace

bool LocalServer::Peer::wait_readable() const {
  return readable_before(fd_, closing_);
}

std::string LocalServer::Peer::read_request() const {
  std::string request;
  char buffer[4096];
  while (!request.contains("\r\n\r\n") && wait_readable()) {
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    if (got <= 0) break;
    request.append(buffer, static_cast<std::size_t>(got));
  }
  return request;
}

bool LocalServer::Peer::say(const std::string& text) const {
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t now = ::send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) return false;
    sent += static_cast<std::size_t>(now);
  }
  return true;
}

void LocalServer::Peer::drip(const std::string& text) const {
  constexpr int pause_ms = 20;
  pollfd closing{closing_, POLLIN, 0};
  while (say(text) && ::poll(&closing, 1, pause_ms) == 0) {
  }
}

void LocalServer::Peer::hold() const {
  char buffer[4096];
  while (wait_readable() && ::recv(fd_, buffer, sizeof buffer, 0) > 0) {
  }
}

LocalServer::LocalServer(Serve serve)
    : serve_(std::move(serve)),
      listener_(listen_on_loopback(port_)),
      closing_(::eventfd(0, EFD_CLOEXEC)),
      acceptor_([this] { accept_all(); }) {}

LocalServer::LocalServer(const std::string& socket_path, Serve serve)
    : serve_(std::move(serve)),
      listener_(listen_on_path(socket_path)),
      closing_(::eventfd(0, EFD_CLOEXEC)),
      acceptor_([this] { accept_all(); }) {}

LocalServer::~LocalServer() {
  const std::uint64_t one = 1;
  if (::write(closing_.get(), &one, sizeof one) < 0) std::abort();
  acceptor_.join();
  connections_.clear();
}

void LocalServer::accept_all() {
  while (readable_before(listener_.get(), closing_.get())) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    connections_.emplace_back([this, fd] {
      const Fd owned(fd);
      serve_(Peer(fd, closing_.get()));
    });
  }
}

std::string LocalServer::url(const std::string& target, const std::string& scheme) const {
  return scheme + "://127.0.0.1:" + std::to_string(port_) + target;
}

ReservedPort::ReservedPort() : socket_(bound_to_loopback(number_)) {}

}  // namespace belay::testing
