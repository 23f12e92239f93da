#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "drivers/byte_stream.hpp"

namespace belay::testing {

/// A server on a real socket of this machine; each connection runs `serve` in a thread of its own, which ends
/// at the latest with the server (reads and waits end then).
class LocalServer {
 public:
  /// The far side of one connection, from the server's point of view.
  class Peer {
   public:
    Peer(int fd, int closing) : fd_(fd), closing_(closing) {}
    int fd() const { return fd_; }
    /// Up to the empty line that ends a request.
    std::string read_request() const;
    void say(const std::string&) const;
    /// Holds the connection open, saying nothing, until the client goes or the server ends.
    void hold() const;

   private:
    bool wait_readable() const;
    int fd_, closing_;
  };
  using Serve = std::function<void(const Peer&)>;

  /// On 127.0.0.1, a free port.
  explicit LocalServer(Serve);
  /// On a unix socket.
  LocalServer(const std::string& socket_path, Serve);
  ~LocalServer();

  std::string url(const std::string& target = "/", const std::string& scheme = "http") const;
  int port() const { return port_; }

 private:
  void accept_all();

  Serve serve_;
  int port_ = 0;  // before listener_: set while that is made
  Fd listener_, closing_;
  std::vector<std::jthread> connections_;
  std::jthread acceptor_;
};

/// A port of 127.0.0.1 where nobody listens.
int free_port();

}  // namespace belay::testing
