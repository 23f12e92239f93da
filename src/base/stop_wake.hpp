#pragma once

#include <functional>
#include <stop_token>

#include "base/fd.hpp"

namespace belay {

/// A descriptor that becomes readable when a stop is requested, so that poll() wakes: the one way in which a
/// waiting thread of this program is cancelled.
class StopWake {
 public:
  explicit StopWake(std::stop_token stop);
  int fd() const { return event_.get(); }

 private:
  Fd event_;
  std::stop_callback<std::function<void()>> callback_;
};

}  // namespace belay
