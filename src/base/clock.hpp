#pragma once

#include <chrono>
#include <stop_token>

namespace belay {

/// The port to time: every look at a clock and every wait goes through here. The body is system/clock.cpp;
/// a simulation brings another, in which time is a number.

/// Wall-clock time in UTC, to the millisecond; what journals and releases carry.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
Time now();

/// Never goes back: for limits and durations.
struct SteadyClock {
  using duration = std::chrono::steady_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};
/// How long ago that was.
inline std::chrono::milliseconds since(SteadyClock::time_point moment) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - moment);
}

/// Waits for that time. Returns false at once when a stop is requested.
bool pause(std::chrono::milliseconds, const std::stop_token& = {});

}  // namespace belay
