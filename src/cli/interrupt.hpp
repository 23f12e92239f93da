#pragma once

#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "base/fd.hpp"

namespace belay::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request. The first asks to stop (a deployment is then undone,
/// and waited for); the second leaves at once with exit code 130, saying what goes on without us. To be made
/// before any other thread: it blocks the signals for all that follow. Signals that the caller set to be
/// ignored (nohup, a background job of a script) stay ignored.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt() = default;
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return stop_.get_token(); }
  /// What the second signal prints to stderr before it leaves.
  void set_farewell(std::string);

 private:
  void wait_for_signals(const std::stop_token& end);
  [[noreturn]] void leave();

  Fd signals_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::string farewell_;  // guarded by mutex_
  std::jthread thread_;   // last: it uses all of the above
};

}  // namespace belay::cli
