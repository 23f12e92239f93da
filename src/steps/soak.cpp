#include "edge/traffic.hpp"
#include "steps/step.hpp"
#include "steps/watched_window.hpp"

namespace belay::soak {

std::string apply(Context& context) {
  if (!context.traffic) return "there was no release behind the edge to compare with";
  // The current release's figures are those of before the switch.
  context.traffic->restart_candidate();
  const auto& rule = *context.environment().soak;
  const auto seen = watch_window(context, StepName::soak, {.time = rule.time, .abort_if = rule.abort_if});
  context.traffic.reset();
  return seen;
}

std::string undo(Context& context) {
  context.traffic.reset();
  return {};
}

}  // namespace belay::soak
