#include "steps/start_order.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "runtime/candidate.hpp"
#include "steps/after_start.hpp"
#include "steps/readiness.hpp"

namespace belay {

namespace {

constexpr auto between_looks = std::chrono::milliseconds(20);
/// A migration or a seed that others wait for may take its time.
constexpr auto longest_one_shot = std::chrono::minutes(30);

std::vector<docker::Container> of_service(const std::vector<docker::Container>& candidates,
                                          const std::string& service) {
  std::vector<docker::Container> found;
  for (const auto& candidate : candidates)
    if (service_of(candidate) == service) found.push_back(candidate);
  return found;
}

/// Empty: it has come; else what is missing.
std::string missing_for(const docker::Inspection& inspection, const std::string& condition) {
  const auto& container = inspection.container;
  if (condition == "service_completed_successfully") {
    if (container.state != "exited") return fmt::format("{} has not ended yet", container.name);
    if (inspection.exit_code != 0)
      throw Error(fmt::format("{} ended with exit code {}", container.name, inspection.exit_code),
                  "other services wait for it to end with code 0", "its last log lines say why");
    return {};
  }
  if (condition == "service_healthy" && inspection.health != "healthy") {
    if (inspection.health.empty())
      throw Error(fmt::format("{} has no HEALTHCHECK", container.name),
                  "other services wait for it to be healthy",
                  "give it a healthcheck:, or wait for service_started");
    return fmt::format("the HEALTHCHECK of {} does not pass yet", container.name);
  }
  return {};
}

void wait_for(Context& context, const docker::Container& candidate, const std::string& condition) {
  const auto& health = context.environment().health;
  const auto limit = condition == "service_healthy"
                         ? Deadline::in(std::max<std::chrono::milliseconds>(health.interval * health.attempts,
                                                                            std::chrono::minutes(5)))
                         : Deadline::in(longest_one_shot);
  while (true) {
    const auto inspection = context.engine.inspect(candidate.id);
    if (!inspection)
      throw Error("container " + candidate.name + " is gone", "other services wait for it", "deploy again");
    const auto missing = missing_for(*inspection, condition);
    if (missing.empty()) return;
    throw_if_candidate_died(context);
    if (limit.expired()) throw Error("a service that other services wait for does not come up", missing, {});
    pause(between_looks);
  }
}

}  // namespace

std::vector<std::string> ended_well(const Context& context,
                                    const std::vector<docker::Container>& candidates) {
  auto ids = may_end(candidates, release_of(context));
  std::erase_if(ids, [&](const std::string& id) {
    const auto inspection = context.engine.inspect(id);
    return !inspection || !inspection->ended_well();
  });
  return ids;
}

void start_in_order(Context& context, StepName step, const std::vector<docker::Container>& candidates,
                    const std::vector<std::string>& done) {
  const auto release = release_of(context);
  for (const auto* service : in_order_of_start(release)) {
    const auto own = of_service(candidates, service->name);
    if (own.empty()) continue;
    for (const auto& on : service->dependencies)
      if (on.condition != "service_started")
        for (const auto& other : of_service(candidates, on.service)) wait_for(context, other, on.condition);
    for (const auto& candidate : own) {
      if (std::ranges::find(done, candidate.id) != done.end()) continue;
      context.engine.start(candidate.id);
      run_after_start(context, step, *service, candidate);
    }
  }
}

}  // namespace belay
