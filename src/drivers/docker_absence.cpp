#include "drivers/docker_absence.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/clock.hpp"
#include "base/either_stop.hpp"
#include "base/human.hpp"

namespace belay::docker {

namespace {

constexpr auto longest_pause = std::chrono::milliseconds(5000);
constexpr auto between_words = std::chrono::seconds(30);

}  // namespace

bool Absence::wait(const Patience& patience, const std::stop_token& own, const std::string& why) {
  tell(patience, why);
  const bool goes_on = pause(pause_, EitherStop(patience.until, own).token());
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
  patience.say(fmt::format("Docker answers again, after {}", human_duration(since(began_))));
}

}  // namespace belay::docker
