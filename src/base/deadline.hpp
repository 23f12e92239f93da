#pragma once

#include <chrono>

#include "base/clock.hpp"

namespace belay {

/// A point in time after which waiting is over. Every blocking call takes one; passing it down keeps one
/// limit over many calls.
class Deadline {
 public:
  using Clock = SteadyClock;

  static Deadline never() { return Deadline(Clock::time_point::max()); }
  static Deadline in(std::chrono::milliseconds from_now) { return Deadline(Clock::now() + from_now); }

  bool expired() const { return point_ != Clock::time_point::max() && Clock::now() >= point_; }
  /// What is left, not below zero; a day at the most, so that it fits poll().
  std::chrono::milliseconds left() const;
  int poll_milliseconds() const { return static_cast<int>(left().count()); }
  /// What was waited for without this limit's fault does not count: the point moves by that time.
  Deadline later_by(Clock::duration waited) const {
    return point_ == Clock::time_point::max() ? *this : Deadline(point_ + waited);
  }
  /// The earlier of the two.
  Deadline or_in(std::chrono::milliseconds from_now) const;

 private:
  explicit Deadline(Clock::time_point point) : point_(point) {}
  Clock::time_point point_;
};

}  // namespace belay
