#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <thread>

#include <fmt/core.h>
#include <unistd.h>

#include "base/deadline.hpp"
#include "base/files.hpp"

namespace belay::testing {

/// Runs a body that waits for something in a thread of its own, so that a test can act while it waits.
template <class Result>
class WaitingThread {
 public:
  explicit WaitingThread(std::function<Result()> body)
      : result_(std::async(std::launch::async, [body = std::move(body), this] {
          thread_ = ::gettid();
          thread_.notify_all();
          return body();
        })) {}

  /// Returns when the thread sleeps in the kernel, or has ended; false if it still runs after a minute.
  bool waits() {
    thread_.wait(0);
    const std::string stat = fmt::format("/proc/self/task/{}/stat", thread_.load());
    for (const Deadline guard = Deadline::in(std::chrono::minutes(1)); !guard.expired();
         std::this_thread::yield()) {
      const auto text = read_file_if_exists(stat);
      if (!text || text->at(text->rfind(')') + 2) == 'S') return true;
    }
    return false;
  }
  /// What the body returned; waits for it.
  Result get() { return result_.get(); }

 private:
  std::atomic<pid_t> thread_{0};
  std::future<Result> result_;
};

}  // namespace belay::testing
