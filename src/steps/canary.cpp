#include <fmt/core.h>

#include "base/human.hpp"
#include "edge/traffic.hpp"
#include "steps/attempt_edge.hpp"
#include "steps/step.hpp"
#include "steps/watched_window.hpp"

namespace belay::canary {

std::string apply(Context& context) {
  if (!context.traffic)
    return "there is no release behind the edge to compare with: all requests are turned at once";
  const auto& rule = *context.environment().canary;
  note_turn(context, StepName::canary);
  const auto turn = edge_turn(context, StepName::canary);
  std::string summary;
  for (const int share : rule.steps) {
    if (share == 100) continue;  // that is the switch
    turn.weigh(share);
    context.traffic->restart();
    context.ledger.output(StepName::canary,
                          fmt::format("{} % of the requests for {}", share, human_duration(rule.time)));
    const auto seen =
        watch_window(context, StepName::canary,
                     {.time = rule.time, .abort_if = rule.abort_if, .holds_without_data = true});
    summary = fmt::format("at {} %: {}", share, seen);
    context.ledger.output(StepName::canary, summary);
  }
  return summary;
}

std::string undo(Context& context) {
  context.traffic.reset();
  return turn_the_edge_back(context, StepName::canary);
}

}  // namespace belay::canary
