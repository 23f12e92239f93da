#include "steps/serving_watch.hpp"

#include <chrono>
#include <utility>

#include <fmt/core.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "drivers/container_watch.hpp"

namespace belay {

namespace {

constexpr auto between_looks = std::chrono::seconds(1);

std::vector<PreviousContainer> those_that_run(std::vector<PreviousContainer> containers) {
  std::erase_if(containers, [](const PreviousContainer& container) { return !container.running; });
  return containers;
}

}  // namespace

ServingWatch::ServingWatch(docker::Engine engine, std::vector<PreviousContainer> serving,
                           std::function<void()> on_loss)
    : engine_(engine.with(std::nullopt)),
      serving_(those_that_run(std::move(serving))),
      on_loss_(std::move(on_loss)),
      looking_([this](const std::stop_token& stop) { look_until(stop); }) {}

std::string ServingWatch::lost() const {
  const std::scoped_lock lock(mutex_);
  return lost_;
}

void ServingWatch::look_until(const std::stop_token& stop) {
  for (; !stop.stop_requested(); pause(between_looks, stop)) {
    try {
      if (auto lost = what_is_lost(); !lost.empty()) {
        {
          const std::scoped_lock lock(mutex_);
          lost_ = std::move(lost);
        }
        return on_loss_();
      }
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
      // Docker is away or busy. Whoever needs it says so, and the next look is in a second.
      stopped_before_.clear();
    }
  }
}

std::string ServingWatch::what_is_lost() {
  const auto before = std::exchange(stopped_before_, {});
  for (const auto& container : serving_) {
    const auto found = engine_.inspect(container.id);
    if (!found) return fmt::format("{} was removed", container.name);
    if (found->container.on() || !is_kept_running(container.restart_policy)) continue;
    if (before == container.id) return fmt::format("{} was stopped", container.name);
    stopped_before_ = container.id;
  }
  return {};
}

}  // namespace belay
