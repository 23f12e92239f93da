#include "steps/way_back.hpp"

#include "runtime/compose_model.hpp"

namespace belay {

namespace {

/// A container that an earlier first release left for its logs; this one's are newer.
void remove_earlier_failures(const Context& context) {
  for (const auto& previous : previous_containers(context)) {
    const auto inspection = context.engine.inspect(previous.id);
    if (previous.running || !inspection) continue;
    const auto& labels = inspection->container.labels;
    const auto made_for = labels.find(label::release);
    if (made_for == labels.end()) continue;
    const auto release = context.store.find(made_for->second);
    if (!release || release->state == Release::State::candidate) context.engine.remove(previous.id);
  }
}

void start_again(const Context& context, const PreviousContainer& previous) {
  // The Engine may still be at the stop that a killed process asked for: it has to be over before the start.
  if (!context.ledger.done(StepName::switch_over)) context.engine.stop(previous.id);
  context.engine.start(previous.id);
  const auto now_has = context.engine.inspect(previous.id);
  const auto policy = previous.restart_policy.empty() ? "no" : previous.restart_policy;
  if (now_has && (now_has->restart_policy != policy || now_has->restart_maximum != previous.restart_maximum))
    context.engine.set_restart_policy(previous.id, policy, previous.restart_maximum);
}

}  // namespace

std::optional<Error> stop_candidates(const Context& context) {
  std::optional<Error> trouble;
  for (const auto& candidate : candidates_of(context)) {
    try {
      // Its port is needed now, and nobody is served by it any more: no long good-bye.
      context.engine.stop(candidate.id, std::chrono::seconds(2));
      // Only now: the Engine refuses to change a container that dies and restarts at that very moment.
      context.engine.set_restart_policy(candidate.id, "no", 0);
    } catch (const Error& error) {
      trouble = error;
    }
  }
  return trouble;
}

std::string leave_for_inspection(const Context& context) {
  remove_earlier_failures(context);
  const auto release = context.store.find(context.release);
  const auto candidates = candidates_of(context);
  if (release)
    for (const auto& service : release->services)
      for (const auto& name : service.container_names)
        for (const auto& candidate : candidates)
          if (candidate.name == candidate_name(name, context.nonce) && !context.engine.container_named(name))
            context.engine.rename(candidate.id, name);
  return "the first release's container is left stopped, for its logs";
}

std::string start_again(const Context& context, const std::vector<PreviousContainer>& containers,
                        std::optional<Error>& trouble) {
  std::string started;
  for (const auto& container : containers) {
    if (!container.running) continue;
    try {
      start_again(context, container);
      started += (started.empty() ? "" : ", ") + container.name;
    } catch (const Error& error) {
      trouble = error;
    }
  }
  return started;
}

}  // namespace belay
