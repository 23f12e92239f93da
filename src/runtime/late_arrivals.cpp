#include "runtime/late_arrivals.hpp"

#include <chrono>

#include "base/clock.hpp"
#include "base/deadline.hpp"

namespace belay {

namespace {

constexpr auto quiet_time = std::chrono::milliseconds(1500);
constexpr auto longest = std::chrono::seconds(20);
constexpr auto between_looks = std::chrono::milliseconds(50);

}  // namespace

void remove_with_late_arrivals(bool come, const std::function<int()>& remove_what_is_there) {
  remove_what_is_there();
  if (come) return;
  const auto limit = Deadline::in(longest);
  auto quiet_until = Deadline::in(quiet_time);
  while (!quiet_until.expired() && !limit.expired()) {
    pause(between_looks);
    if (remove_what_is_there() > 0) quiet_until = Deadline::in(quiet_time);
  }
}

}  // namespace belay
