#include <chrono>

#include <fmt/core.h>

#include "base/clock.hpp"
#include "base/either_stop.hpp"
#include "base/human.hpp"
#include "edge/judged_window.hpp"
#include "edge/traffic.hpp"
#include "model/secrets.hpp"
#include "runtime/compose_model.hpp"
#include "steps/attempt_edge.hpp"
#include "steps/readiness.hpp"
#include "steps/start_order.hpp"
#include "steps/step.hpp"
#include "steps/way_back.hpp"

namespace belay::start {

namespace {

/// Each container at its own address: the edge gives it no request yet.
void ask_each(Context& context, std::stop_token stop) {
  for (const auto& target : candidate_targets(context)) {
    if (!target.check || !target.port) continue;  // verify asks from outside
    if (context.environment().is_replaced(target.service)) continue;
    const auto& name = target.container.container.name;
    const auto at = accepting(*target.port);
    if (!at) {
      if (listening(*target.port) == http::Listens::unreachable)
        context.ledger.output(StepName::start,
                              fmt::format("{} cannot be reached at its own address from this "
                                          "host: its HEALTHCHECK and the edge decide",
                                          name));
      continue;
    }
    const auto verdict =
        ask_until_healthy({.check = *target.check,
                           .values = context.variables,
                           .masks = masks_of(context.environment(), context.variables),
                           .stop = stop,
                           .on_attempt = attempts_shown(context, StepName::start, *target.check),
                           .listens = [&] { return all_listen({*target.port}); },
                           .at = at});
    throw_if_candidate_died(context);
    if (!verdict.healthy)
      throw failure_of(context, target.container.container.id,
                       Error(fmt::format("the health check of {} failed {} times, at its own address", name,
                                         target.check->attempts),
                             verdict.finding,
                             verdict.cure.empty() ? "the edge gave it no request: what serves was not touched"
                                                  : verdict.cure));
  }
}

}  // namespace

std::string apply(Context& context) {
  const auto candidates = candidates_of(context);
  if (candidates.empty()) throw Error("there is no candidate to start", {}, "deploy again");
  const auto began = SteadyClock::now();
  watch_candidates(context, StepName::start, candidates);
  const EitherStop either(context.stop, context.watch->died());
  if (edge_stays(context) && windows_of(context.environment()) > 0)
    context.traffic =
        std::make_shared<EdgeTraffic>(context.layout, edge_in_front(context), edge_shape_of(context),
                                      previous_behind_edge(context), candidates);
  auto beside = candidates;
  std::erase_if(beside, [&](const docker::Container& one) {
    return context.environment().is_replaced(service_of(one));
  });
  start_in_order(context, StepName::start, beside);
  // The edge gives requests to whatever port is published: it has to accept first.
  wait_until_ready(context,
                   {.published_port = context.environment().health.patience(), .without_replaced = true},
                   either.token());
  throw_if_candidate_died(context);
  ask_each(context, either.token());
  context.watch->restart_no_more();
  throw_if_candidate_died(context);
  require_named_ports(context);
  return fmt::format(
      "ready beside what serves after {}",
      human_duration(std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - began)));
}

std::string undo(Context& context) {
  context.traffic.reset();
  context.watch.reset();
  if (const auto trouble = stop_candidates(context)) throw *trouble;
  return something_served(context) ? "the candidate is stopped" : leave_for_inspection(context);
}

}  // namespace belay::start
