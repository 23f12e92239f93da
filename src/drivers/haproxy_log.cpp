#include "drivers/haproxy_log.hpp"

#include <array>
#include <cerrno>
#include <sstream>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/stop_wake.hpp"
#include "base/unix_address.hpp"

namespace belay::haproxy {

namespace {

Fd bound_to(const std::filesystem::path& path) {
  ::unlink(path.c_str());  // of one that was killed
  auto socket = unix_socket(SOCK_DGRAM | SOCK_NONBLOCK);
  if (!UnixAddress(path).bind(socket)) throw system_error("cannot listen at " + path.string(), errno);
  return socket;
}

}  // namespace

RequestLog::RequestLog(std::filesystem::path socket, std::function<void(const Answered&)> on_answer)
    : path_(std::move(socket)),
      on_answer_(std::move(on_answer)),
      socket_(bound_to(path_)),
      thread_([this](std::stop_token stop) { listen(stop); }) {}

RequestLog::~RequestLog() {
  thread_.request_stop();
  thread_.join();
  ::unlink(path_.c_str());
}

void RequestLog::listen(std::stop_token stop) {
  const StopWake wake(stop);
  std::array<char, 1024> line{};
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> wanted{{{socket_.get(), POLLIN, 0}, {wake.fd(), POLLIN, 0}}};
    poll_until(wanted, Deadline::never());
    for (ssize_t got = 0; (got = ::recv(socket_.get(), line.data(), line.size(), 0)) > 0;) {
      std::istringstream fields(std::string(line.data(), static_cast<std::size_t>(got)));
      Answered answered;
      // "backend_3001 s1 12": a request that no server answered has -1 for its time.
      if (fields >> answered.backend >> answered.slot >> answered.milliseconds && answered.milliseconds >= 0)
        on_answer_(answered);
    }
  }
}

}  // namespace belay::haproxy
