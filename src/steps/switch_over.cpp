#include <algorithm>
#include <optional>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/human.hpp"
#include "steps/candidate.hpp"
#include "steps/step.hpp"

namespace belay::switch_over {

namespace {

/// Noted before the first container is asked to stop: without it, undo leaves alone what serves.
constexpr auto stops = "stops";

std::vector<std::string> ids_of(const std::vector<docker::Container>& containers) {
  std::vector<std::string> ids;
  ids.reserve(containers.size());
  for (const auto& container : containers) ids.push_back(container.id);
  return ids;
}

/// A container that an earlier first release left for its logs; this one's are newer.
void remove_earlier_failures(Context& context) {
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

/// The first release failed: its container stays, stopped, under the name operators will ask for.
void leave_for_inspection(Context& context, const std::vector<docker::Container>& candidates) {
  const auto release = context.store.find(context.release);
  if (!release) return;
  for (const auto& service : release->services)
    for (const auto& name : service.container_names)
      for (const auto& candidate : candidates)
        if (candidate.name == candidate_name(name, context.nonce) && !context.engine.container_named(name))
          context.engine.rename(candidate.id, name);
}

/// What keeps a candidate from being stopped must not keep the old release from being started: it is
/// returned.
std::optional<Error> stop_for_good(Context& context, const std::vector<docker::Container>& candidates) {
  std::optional<Error> trouble;
  for (const auto& candidate : candidates) {
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

void start_again(Context& context, const PreviousContainer& previous) {
  // The Engine may still be at the stop that a killed process asked for: it has to be over before the start.
  if (!context.ledger.done(StepName::switch_over)) context.engine.stop(previous.id);
  context.engine.start(previous.id);
  const auto now_has = context.engine.inspect(previous.id);
  const auto policy = previous.restart_policy.empty() ? "no" : previous.restart_policy;
  if (now_has && (now_has->restart_policy != policy || now_has->restart_maximum != previous.restart_maximum))
    context.engine.set_restart_policy(previous.id, policy, previous.restart_maximum);
}

/// Each of them, whatever becomes of another; the names of those that run.
std::string start_all_again(Context& context, std::optional<Error>& trouble) {
  std::string started;
  for (const auto& container : previous_containers(context)) {
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

}  // namespace

std::string apply(Context& context) {
  const auto candidates = candidates_of(context);
  if (candidates.empty()) throw Error("there is no candidate to switch to", {}, "deploy again");
  // The stream stands before the first start: a candidate that dies at once is seen.
  context.watch = std::make_unique<ContainerWatch>(context.engine, ids_of(candidates));

  const auto previous = previous_containers(context);
  context.ledger.note(StepName::switch_over, stops, true);
  const auto began = std::chrono::steady_clock::now();
  for (const auto& container : previous)
    if (container.running) context.engine.stop(container.id);
  for (const auto& candidate : candidates) context.engine.start(candidate.id);
  // With `restart: always` a reboot would bring it up beside the candidate, both wanting the port.
  for (const auto& container : previous)
    if (container.running) context.engine.set_restart_policy(container.id, "no", 0);
  return fmt::format("stopped the old, started the new in {}",
                     human_duration(std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::steady_clock::now() - began)));
}

std::string undo(Context& context) {
  context.watch.reset();
  if (!context.ledger.noted(StepName::switch_over, stops) && something_served(context))
    return "what serves was not stopped";
  const auto candidates = candidates_of(context);
  auto trouble = stop_for_good(context, candidates);
  if (!something_served(context)) {
    remove_earlier_failures(context);
    leave_for_inspection(context, candidates);
    if (trouble) throw *trouble;
    return "the first release's container is left stopped, for its logs";
  }
  const auto started = start_all_again(context, trouble);
  if (trouble) throw *trouble;
  return fmt::format("{} runs again", started);
}

}  // namespace belay::switch_over
