#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/core.h>

#include "base/human.hpp"
#include "edge/judged_window.hpp"
#include "edge/traffic.hpp"
#include "runtime/compose_model.hpp"
#include "steps/attempt_edge.hpp"
#include "steps/readiness.hpp"
#include "steps/step.hpp"
#include "steps/way_back.hpp"

namespace belay::start {

namespace {

/// Each container at its own address: the edge gives it no request yet.
void ask_each(Context& context, const std::vector<docker::Container>& candidates, std::stop_token stop) {
  const auto& check = context.environment().health;
  for (const auto& candidate : candidates) {
    const auto inspection = context.engine.inspect(candidate.id);
    const auto own = inspection ? own_address(*inspection, check.url) : std::nullopt;
    if (!own) continue;  // it has no port of the URL's, nor a single one: verify asks from outside
    const auto verdict =
        ask_itself_until_healthy(check, *own, attempts_shown(context, StepName::start), stop);
    throw_if_candidate_died(context);
    if (!verdict.healthy)
      throw Error(fmt::format("the health check of {} failed {} times, at its own address", candidate.name,
                              check.attempts),
                  verdict.finding, "the edge gave it no request: what serves was not touched");
  }
}

/// Not asked of every service: some have no HEALTHCHECK, and some no port.
void wait_until_ready(Context& context, std::stop_token stop) {
  const auto& check = context.environment().health;
  const auto limit = Deadline::in(check.interval * check.attempts);
  while (true) {
    const auto missing = missing_for_readiness(candidate_inspections(context), check.url, stop);
    throw_if_candidate_died(context);
    if (missing.empty()) return;
    if (limit.expired())
      throw Error("the candidate did not become ready", missing,
                  "the edge gave it no request: what serves was not touched");
    if (stop.stop_requested()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace

std::string apply(Context& context) {
  const auto candidates = candidates_of(context);
  if (candidates.empty()) throw Error("there is no candidate to start", {}, "deploy again");
  const auto began = std::chrono::steady_clock::now();
  // The stream stands before the first start: a candidate that dies at once is seen.
  context.watch = std::make_unique<ContainerWatch>(context.engine, ids_of(candidates));
  const EitherStop either(context.stop, context.watch->died());
  if (edge_stays(context) && windows_of(context.environment()) > 0)
    context.traffic =
        std::make_shared<EdgeTraffic>(context.layout, edge_in_front(context), edge_shape_of(context),
                                      previous_behind_edge(context), candidates);
  for (const auto& candidate : candidates) context.engine.start(candidate.id);
  wait_until_ready(context, either.token());
  if (!context.environment().health.url.empty()) ask_each(context, candidates, either.token());
  throw_if_candidate_died(context);
  return fmt::format("ready beside what serves after {}",
                     human_duration(std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::steady_clock::now() - began)));
}

std::string undo(Context& context) {
  context.traffic.reset();
  context.watch.reset();
  if (const auto trouble = stop_candidates(context)) throw *trouble;
  return something_served(context) ? "the candidate is stopped" : leave_for_inspection(context);
}

}  // namespace belay::start
