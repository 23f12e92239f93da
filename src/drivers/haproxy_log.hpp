#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "base/fd.hpp"

namespace belay::haproxy {

/// In the directory that HAProxy has as /belay: where it sends a line for each request. While nobody listens
/// it sends in vain, and does not mind.
inline constexpr auto log_name = "log.sock";

struct Answered {
  std::string backend, slot;
  std::int64_t milliseconds = 0;  // from the connection to the server's headers
};

/// Listens while it lives. `on_answer` is called from a thread of its own. What comes faster than it is taken
/// is lost: these are samples.
class RequestLog {
 public:
  RequestLog(std::filesystem::path socket, std::function<void(const Answered&)> on_answer);
  ~RequestLog();
  RequestLog(const RequestLog&) = delete;
  RequestLog& operator=(const RequestLog&) = delete;

 private:
  void listen(std::stop_token);

  std::filesystem::path path_;
  std::function<void(const Answered&)> on_answer_;
  Fd socket_;
  std::jthread thread_;
};

}  // namespace belay::haproxy
