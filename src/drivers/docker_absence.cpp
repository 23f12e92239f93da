#include "drivers/docker_absence.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>
#include <poll.h>

#include "base/human.hpp"
#include "base/stop_wake.hpp"

namespace belay::docker {

namespace {

constexpr auto longest_pause = std::chrono::milliseconds(5000);
constexpr auto between_words = std::chrono::seconds(30);

/// False if one of them is requested.
bool pause(std::chrono::milliseconds time, const std::stop_token& one, const std::stop_token& other) {
  const StopWake first(one), second(other);
  std::array<pollfd, 2> wakes{{{first.fd(), POLLIN, 0}, {second.fd(), POLLIN, 0}}};
  // A pause that a signal cuts short is only a try that comes early.
  ::poll(wakes.data(), wakes.size(), static_cast<int>(time.count()));
  return !one.stop_requested() && !other.stop_requested();
}

}  // namespace

bool Absence::wait(const Patience& patience, const std::stop_token& own, const std::string& why) {
  tell(patience, why);
  const bool goes_on = pause(pause_, patience.until, own);
  pause_ = std::min(longest_pause, pause_ * 2);
  return goes_on;
}

void Absence::tell(const Patience& patience, const std::string& why) {
  const auto moment = Clock::now();
  if (!since_) {
    since_ = now();
    began_ = moment;
  } else if (moment - told_ < between_words) {
    return;
  }
  told_ = moment;
  if (patience.say)
    patience.say(fmt::format("Docker does not answer since {} UTC ({}): waiting for it",
                             iso8601(*since_).substr(11, 8), why));
}

void Absence::end(const Patience& patience) const {
  if (!since_ || !patience.say) return;
  const auto away = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_);
  patience.say(fmt::format("Docker answers again, after {}", human_duration(away)));
}

}  // namespace belay::docker
