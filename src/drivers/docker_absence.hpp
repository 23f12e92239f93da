#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"

namespace belay::docker {

/// The Engine cannot be reached, or it hung up before it had answered. That is no answer: nobody knows
/// whether what was asked for is done.
class Unreachable : public Error {
 public:
  using Error::Error;
};

/// How an Engine that cannot be reached is waited for: without a limit, as an upgrade of Docker takes its
/// time.
struct Patience {
  /// The waiting ends when this is requested.
  std::stop_token until{};
  /// Is told when the waiting begins, every 30 s while it lasts, and when the Engine answers again; on the
  /// thread that waits.
  std::function<void(const std::string&)> say{};
};

/// The time in which one call cannot reach the Engine.
class Absence {
 public:
  /// Pauses before the next try, each time a little longer. False if `until`, or the call's own stop, is
  /// requested: then no more is tried.
  bool wait(const Patience&, const std::stop_token& own, const std::string& why);
  /// The Engine has answered.
  void end(const Patience&) const;

 private:
  using Clock = SteadyClock;
  void tell(const Patience&, const std::string& why);

  std::optional<Time> since_{};
  Clock::time_point began_{}, told_{};
  std::chrono::milliseconds pause_{200};
};

}  // namespace belay::docker
