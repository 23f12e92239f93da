#pragma once

#include <atomic>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "base/fd.hpp"

namespace belay::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request, or into leaving.
/// - SIGINT (Ctrl-C) asks to stop: a deployment is undone, and that is waited for. The second leaves at once.
/// - SIGTERM and SIGHUP (a cancelled job, a closed terminal, a lid) come from no one who wants an undo: where
///   the host goes on alone they leave at once, and nothing is cancelled. Before that they ask to stop.
/// - In a CI job without a terminal there is no Ctrl-C: SIGINT is then a cancelled job, as SIGTERM is.
/// To leave is to end with 128 + the signal's number, saying what goes on without us. To be made before any
/// other thread: it blocks the signals for all that follow. Signals that the caller set to be ignored (nohup,
/// a background job of a script) stay ignored.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt() = default;
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return stop_.get_token(); }
  /// What is printed to stderr on leaving.
  void set_farewell(std::string);
  /// Whether what was begun goes on without this process.
  void set_goes_on_alone(bool goes_on) { goes_on_alone_ = goes_on; }
  /// Whether no person is there who could type Ctrl-C.
  void set_unattended(bool unattended) { unattended_ = unattended; }

 private:
  void wait_for_signals(const std::stop_token& end);
  void heard(int signal);
  [[noreturn]] void leave(int signal);

  Fd signals_;
  std::stop_source stop_;
  std::atomic<bool> goes_on_alone_ = false, unattended_ = false;
  std::mutex mutex_;
  std::string farewell_;  // guarded by mutex_
  std::jthread thread_;   // last: it uses all of the above
};

}  // namespace belay::cli
