#pragma once

#include <cstddef>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/deadline.hpp"
#include "base/fd.hpp"
#include "base/stop_wake.hpp"

namespace belay {

/// How one operation on a connection ended. A value: for a health check a refused connection is news, for the
/// Engine's client it becomes an Error.
struct Io {
  enum class Status { done, end, deadline, stopped, failed };
  Status status = Status::done;
  std::size_t bytes = 0;  // read: how many came
  std::string why{};      // failed: in the system's or TLS's words

  bool ok() const { return status == Status::done; }
  static Io failed(std::string why) { return {Status::failed, 0, std::move(why)}; }
};

/// A two-way byte stream whose waiting ends at its deadline or on stop.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// At least one byte, or Status::end.
  virtual Io read(char* into, std::size_t size) = 0;
  /// All of it.
  virtual Io write(std::string_view) = 0;
};

/// Limits of one exchange, shared by everything that waits in it.
class Limits {
 public:
  Limits(std::stop_token stop, Deadline deadline)
      : stop_(stop), wake_(std::move(stop)), deadline_(deadline) {}
  /// Waits until `fd` is ready for `events` (POLLIN, POLLOUT).
  Io wait(int fd, short events) const;
  int wake_fd() const { return wake_.fd(); }
  const std::stop_token& stop() const { return stop_; }
  const Deadline& deadline() const { return deadline_; }

 private:
  std::stop_token stop_;
  StopWake wake_;
  Deadline deadline_;
};

/// A connected non-blocking socket.
class SocketStream : public ByteStream {
 public:
  SocketStream(Fd socket, const Limits& limits) : socket_(std::move(socket)), limits_(limits) {}
  Io read(char* into, std::size_t size) override;
  Io write(std::string_view) override;
  /// For another stream that goes on with it. This one is of no use from then on.
  Fd release() { return std::move(socket_); }

 private:
  Fd socket_;
  const Limits& limits_;
};

/// Connects to a unix socket; on success `socket` is set.
Io connect_unix(const std::filesystem::path&, Fd& socket);

/// "connection refused": strerror as it stands in the middle of a sentence.
std::string reason_of(int errno_value);

}  // namespace belay
