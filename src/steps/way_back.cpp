#include "steps/way_back.hpp"

#include <ranges>

#include <fmt/core.h>
#include <sys/stat.h>

#include "base/files.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/release_project.hpp"
#include "steps/after_start.hpp"
#include "steps/env_files.hpp"
#include "steps/made_again.hpp"

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
  // The policy first: one that does not start now, or dies at once, is the Engine's to start again.
  const auto now_has = context.engine.inspect(previous.id);
  const auto policy = previous.restart_policy.empty() ? "no" : previous.restart_policy;
  if (now_has && (now_has->restart_policy != policy || now_has->restart_maximum != previous.restart_maximum))
    context.engine.set_restart_policy(previous.id, policy, previous.restart_maximum);
  context.engine.start(previous.id);
}

/// What cannot be made again does not keep the others from being started.
void make_again_what_can_be(Context& context, std::vector<PreviousContainer>& containers,
                            std::optional<Error>& trouble) {
  try {
    make_lost_ones_again(context, StepName::switch_over, context.previous, containers);
  } catch (const Error& error) {
    trouble = error;
  }
}

std::vector<std::string> start_those_that_ran(Context& context, std::vector<PreviousContainer> containers,
                                              std::optional<Error>& trouble) {
  std::vector<std::string> started;
  std::erase_if(containers, [](const PreviousContainer& container) { return !container.running; });
  for (const auto& container : containers) {
    try {
      start_again(context, container);
      started.push_back(container.name);
    } catch (const Error& error) {
      trouble = error;
    }
  }
  // Only now: none waits with its start for a command in another.
  run_after_start_again(context, StepName::switch_over, context.previous, containers, trouble);
  return started;
}

}  // namespace

std::vector<std::string> environment_moved_on(const Context& context) {
  std::vector<std::string> changed;
  const auto release = context.store.find(context.release);
  if (context.plan.kind != Plan::Kind::rollback || !release) return changed;
  for (const auto& file : variable_files(context.environment())) {
    if (has_env_file(context, file)) continue;  // it comes back with the release
    struct stat status{};
    if (::stat((context.layout.live / file).c_str(), &status) == 0 &&
        status.st_mtime > std::chrono::system_clock::to_time_t(release->created))
      changed.push_back(file.string());
  }
  return changed;
}

std::optional<Error> stop_candidates(const Context& context) {
  std::optional<Error> trouble;
  std::vector<docker::Container> candidates;
  try {
    candidates = candidates_of(context);
  } catch (const Error& error) {
    return error;
  }
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

std::vector<std::string> start_what_stopped(Context& context, std::vector<PreviousContainer> containers,
                                            std::optional<Error>& trouble) {
  make_again_what_can_be(context, containers, trouble);
  std::erase_if(containers, [&](const PreviousContainer& container) {
    const auto inspection = context.engine.inspect(container.id);
    return !inspection || inspection->container.on();  // nothing was kept of one that is still gone
  });
  return start_those_that_ran(context, std::move(containers), trouble);
}

std::vector<std::string> start_again(Context& context, std::vector<PreviousContainer> containers,
                                     std::optional<Error>& trouble) {
  if (context.ledger.taken_up_again()) return start_what_stopped(context, std::move(containers), trouble);
  make_again_what_can_be(context, containers, trouble);
  return start_those_that_ran(context, std::move(containers), trouble);
}

}  // namespace belay
