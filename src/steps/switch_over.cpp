#include <algorithm>
#include <ranges>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/clock.hpp"
#include "base/human.hpp"
#include "steps/attempt_edge.hpp"
#include "steps/live_directory.hpp"
#include "steps/readiness.hpp"
#include "steps/start_order.hpp"
#include "steps/step.hpp"
#include "steps/way_back.hpp"

namespace belay::switch_over {

namespace {

bool is_beside(const Context& context) {
  return context.environment().strategy != Strategy::recreate;
}

/// What has the ports that the candidates, or the edge in front of them, need.
std::vector<PreviousContainer> outgoing(const Context& context) {
  auto found = previous_containers(context);
  const auto edge = previous_edge(context);
  if (!edge || edge_stays(context)) return found;
  if (is_beside(context))
    found = replaced_ones(context, found);  // the others have no ports behind the old edge
  found.insert(found.begin(), *edge);       // first: it ends what it is at, as long as there is who answers
  return found;
}

void watch(Context& context, const std::vector<docker::Container>& candidates) {
  // The stream stands before the first start: a candidate that dies at once is seen.
  if (!context.watch) watch_candidates(context, StepName::switch_over, candidates);
}

bool all_run(const Context& context, const std::vector<std::string>& ids) {
  return std::ranges::all_of(ids, [&](const std::string& id) {
    const auto inspection = context.engine.inspect(id);
    return inspection && inspection->container.running();
  });
}

std::vector<std::string> ids_of_running(const Context& context) {
  std::vector<std::string> ids;
  for (const auto& previous : previous_containers(context))
    if (previous.running) ids.push_back(previous.id);
  return ids;
}

/// Those that others depend on last, as they were started first.
void stop(const Context& context, const std::vector<PreviousContainer>& old) {
  for (const auto& container : old | std::views::reverse)
    if (container.running) context.engine.stop(container.id);
}

/// With `restart: always` a reboot would bring it up beside the candidate, both wanting the port.
void keep_down(const Context& context, const std::vector<PreviousContainer>& old) {
  for (const auto& container : old)
    if (container.running) context.engine.set_restart_policy(container.id, "no", 0);
}

/// The candidates have proven themselves, and start once more behind the edge. They stop in their own time,
/// before what serves does.
void stop_proven(Context& context, const std::vector<docker::Container>& candidates) {
  if (!is_beside(context)) return;
  context.watch.reset();
  for (const auto& candidate : candidates | std::views::reverse) context.engine.stop(candidate.id);
  watch(context, candidates);
}

/// Of several that refuse a request, the edge asks one after the other without a pause until it gives up:
/// they are opened when they listen. One that never does is opened as well, half of the requests' patience
/// later.
void wait_for_listeners(const Context& context, const std::vector<std::string>& ids) {
  std::vector<docker::Inspection> inspections;
  for (const auto& id : ids)
    if (auto inspection = context.engine.inspect(id)) inspections.push_back(std::move(*inspection));
  wait_until_listening(
      traffic_ports(health_targets(context.environment(), std::move(inspections), context.variables)),
      context.environment().edge->hold_timeout / 2, [&] { return !all_run(context, ids); });
}

/// The edge has the names and holds what arrives; then the candidates start, and it is told of them.
void start_after_edge(Context& context, const docker::Container& edge,
                      const std::vector<docker::Container>& candidates,
                      const std::vector<std::string>& done) {
  start_edge(edge_place(context), edge);
  start_in_order(context, StepName::switch_over, candidates, done);
  wait_for_listeners(context, ids_of(candidates));
  const auto turn = edge_turn(context, StepName::switch_over);
  open_candidates(context, turn);
  turn.write_down();
}

/// The ports change hands: between the stop and the start no process has the ports.
void stop_and_start(Context& context, const std::vector<docker::Container>& candidates) {
  const auto old = outgoing(context);
  const auto edge = edge_made_by_this_attempt(context);
  const auto done = ended_well(context, candidates);  // in start, beside what serves
  const bool edge_first = edge && names_move(context);
  if (edge_first) stop_proven(context, candidates);
  stop(context, old);
  publish_mounted_files(context);
  if (edge_first) {
    start_after_edge(context, *edge, candidates, done);
  } else {
    // The edge after them: it finds their addresses when it comes up, and holds what arrives until they
    // answer.
    start_in_order(context, StepName::switch_over, candidates);
    if (edge) start_edge(edge_place(context), *edge);
  }
  keep_down(context, old);
}

/// The edge holds what arrives while nobody answers.
void replace_behind_edge(Context& context, const std::vector<docker::Container>& candidates) {
  const auto turn = edge_turn(context, StepName::switch_over);
  turn.close_previous();
  const auto old = previous_containers(context);
  stop(context, old);
  publish_mounted_files(context);
  start_in_order(context, StepName::switch_over, candidates);
  wait_for_listeners(context, ids_of(candidates));
  open_candidates(context, turn);
  keep_down(context, old);
}

/// After the turn: what must not run twice is away for as long as it takes to start.
void replace_those_that_run_once(Context& context, const std::vector<docker::Container>& candidates) {
  const auto old = replaced_ones(context, previous_containers(context));
  const auto fresh = replaced_ones(context, candidates);
  if (old.empty() && fresh.empty()) return;
  note(context.ledger, notes::CurrentStops{});
  stop(context, old);
  start_in_order(context, StepName::switch_over, fresh);
  keep_down(context, old);
}

/// A file that cannot be brought back does not keep the old release from being started.
void bring_files_back(Context& context, std::optional<Error>& trouble) {
  try {
    unpublish_all(context);
  } catch (const Error& error) {
    trouble = error;
  }
}

std::string runs_again(const std::vector<std::string>& names) {
  if (names.empty()) return "nothing ran before, and nothing was started";
  return fmt::format("{} {} again", fmt::join(names, ", "), names.size() == 1 ? "runs" : "run");
}

std::vector<std::string> back_behind_edge(Context& context, std::optional<Error>& trouble) {
  const auto turn = edge_turn(context, StepName::switch_over);
  turn.close_candidates(std::chrono::seconds(2));
  if (auto stopped = stop_candidates(context)) trouble = stopped;
  bring_files_back(context, trouble);
  auto started = start_again(context, previous_containers(context), trouble);
  wait_for_listeners(context, ids_of_running(context));
  turn.open_previous();
  return started;
}

/// The traffic first: it waits for nothing else.
std::string back_beside(Context& context) {
  auto text = turn_the_edge_back(context, StepName::switch_over);
  if (!noted<notes::CurrentStops>(context.ledger)) return text;
  std::optional<Error> trouble;
  for (const auto& candidate : replaced_ones(context, candidates_of(context)))
    context.engine.stop(candidate.id, std::chrono::seconds(2));
  const auto started = start_again(context, replaced_ones(context, previous_containers(context)), trouble);
  if (trouble) throw *trouble;
  return started.empty() ? text : fmt::format("{}; {}", text, runs_again(started));
}

}  // namespace

std::string apply(Context& context) {
  const auto release = release_of(context);
  const auto candidates = candidates_of(context, release);
  require_whole(context, candidates.size());
  watch(context, candidates);
  const auto began = SteadyClock::now();
  const auto took = [&] { return human_duration(since(began)); };
  if (edge_stays(context) && is_beside(context)) {
    turn_the_edge(context);
    replace_those_that_run_once(context, candidates);
    return "the edge turned in " + took();
  }
  note(context.ledger, notes::CurrentStops{});
  if (edge_stays(context)) {
    replace_behind_edge(context, candidates);
    return "stopped the old, started the new in " + took() + "; the edge held what arrived";
  }
  stop_and_start(context, candidates);
  return edge_made_by_this_attempt(context) ? "the edge took over the ports in " + took()
                                            : "stopped the old, started the new in " + took();
}

std::string undo(Context& context) {
  if (edge_stays(context) && is_beside(context)) return back_beside(context);
  context.watch.reset();
  if (!noted<notes::CurrentStops>(context.ledger) && something_served(context))
    return "what serves was not stopped";
  std::optional<Error> trouble;
  std::vector<std::string> started;
  if (edge_stays(context) && something_served(context)) {
    started = back_behind_edge(context, trouble);
  } else {
    if (const auto edge = edge_made_by_this_attempt(context))
      context.engine.stop(edge->id, std::chrono::seconds(1));
    if (auto stopped = stop_candidates(context)) trouble = stopped;
    bring_files_back(context, trouble);
    if (something_served(context)) started = start_again(context, outgoing(context), trouble);
  }
  const auto left = something_served(context) ? runs_again(started) : leave_for_inspection(context);
  if (trouble) throw *trouble;
  return left;
}

}  // namespace belay::switch_over
