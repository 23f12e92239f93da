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
    /// False if the client has gone.
    bool say(const std::string&) const;
    /// Holds the connection open, saying nothing, until the client goes or the server ends.
    void hold() const;
    /// Says it again and again, with a pause between, until the client goes or the server ends.
    void drip(const std::string&) const;

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

/// A port of 127.0.0.1 that nobody else gets while this lives. It refuses connections, unless a server that
/// sets SO_REUSEADDR, as most do, listens on it.
class ReservedPort {
 public:
  ReservedPort();
  int number() const { return number_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(number_) + "/"; }

 private:
  int number_ = 0;
  Fd socket_;
};

}  // namespace belay::testing
