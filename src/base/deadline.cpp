#include "base/deadline.hpp"

#include <algorithm>

namespace belay {

namespace {
constexpr std::chrono::milliseconds longest_wait = std::chrono::hours(24);
}

std::chrono::milliseconds Deadline::left() const {
  if (point_ == Clock::time_point::max()) return longest_wait;
  // Rounded up: a wait that is woken a fraction of a millisecond early would spin until the point is reached.
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(point_ - Clock::now());
  return std::clamp(left, std::chrono::milliseconds(0), longest_wait);
}

Deadline Deadline::or_in(std::chrono::milliseconds from_now) const {
  return Deadline(std::min(point_, in(from_now).point_));
}

}  // namespace belay
