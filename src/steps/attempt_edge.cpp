#include "steps/attempt_edge.hpp"

#include <set>

#include "base/error.hpp"
#include "runtime/edge_fit.hpp"
#include "runtime/obstacles.hpp"
#include "steps/live_directory.hpp"
#include "steps/readiness.hpp"
#include "steps/way_back.hpp"

namespace belay {

namespace {
/// How long a rejected candidate may finish the requests it has.
constexpr auto last_requests = std::chrono::seconds(10);
}  // namespace

EdgePlace edge_place(const Context& context, StepName step) {
  return {.engine = context.engine,
          .layout = context.layout,
          .config = *context.environment().edge,
          .nonce = context.nonce,
          .compose_file = context.layout.live / compose_file_of(context),
          .stop = context.watch ? context.watch->died() : context.stop,
          .say = [&context, step](const std::string& line) { context.ledger.output(step, line); },
          .show_ended = [&context, step](
                            std::int64_t ended,
                            std::int64_t of) { context.ledger.progress(step, ended, of, "sessions ended"); }};
}

std::optional<docker::Container> edge_made_by_this_attempt(const Context& context) {
  return edge_made_by(context.engine, context.nonce);
}

std::optional<docker::Container> edge_of_this_attempt(const Context& context) {
  const auto stays = noted<notes::EdgeStays>(context.ledger);
  if (!stays) return edge_made_by_this_attempt(context);
  const auto inspection = context.engine.inspect(stays->value);
  if (!inspection) return std::nullopt;
  return inspection->container;
}

docker::Container edge_in_front(const Context& context) {
  auto edge = edge_of_this_attempt(context);
  if (!edge)
    throw Error("the edge is gone", "its container was removed by hand",
                "deploy again: belay makes a new one");
  return std::move(*edge);
}

EdgeShape edge_shape_of(const Context& context) {
  return edge_shape(release_of(context), *context.environment().edge);
}

void require_named_ports(const Context& context) {
  if (!context.environment().edge || context.plan.kind == Plan::Kind::rollback) return;
  std::set<std::string> known;
  for (const auto& previous : previous_behind_edge(context)) known.insert(service_of(previous));
  auto candidates = candidates_of(context);
  std::erase_if(candidates, [&](const docker::Container& one) { return known.contains(service_of(one)); });
  require_no_obstacles(undeclared_ports(context.engine, candidates, kept_model(context, context.release)));
}

bool names_move(const Context& context) {
  return context.environment().edge && !edge_stays(context) && release_of(context).services.size() > 1;
}

EdgeTurn edge_turn(const Context& context, StepName step) {
  return {edge_place(context, step), edge_in_front(context), edge_shape_of(context),
          previous_behind_edge(context), candidates_of(context)};
}

void note_turn(Context& context, StepName step) {
  note(context.ledger, step, notes::EdgeTurns{});
}

void open_candidates(Context& context, const EdgeTurn& turn) {
  try {
    turn.open_candidates();
  } catch (const Error&) {
    throw_if_candidate_died(context);
    throw;
  }
}

void turn_the_edge(Context& context) {
  note_turn(context, StepName::switch_over);
  const auto turn = edge_turn(context, StepName::switch_over);
  open_candidates(context, turn);
  turn.drain_previous();
}

std::string turn_the_edge_back(Context& context, StepName step) {
  if (!noted<notes::EdgeTurns>(context.ledger, step)) return "the edge was not turned";
  // They serve beside the candidate, so the step stopped none of them. Docker may have, when it went away.
  std::optional<Error> trouble;
  start_what_stopped(context, previous_containers(context), trouble);
  const auto turn = edge_turn(context, step);
  turn.open_previous();
  turn.close_candidates(last_requests);
  if (trouble) throw *trouble;
  return "the edge is turned back";
}

}  // namespace belay
