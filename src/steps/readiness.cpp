#include "steps/readiness.hpp"

#include <fmt/core.h>

#include "steps/health_probe.hpp"

namespace belay {

std::vector<docker::Inspection> candidate_inspections(const Context& context) {
  std::vector<docker::Inspection> found;
  for (const auto& candidate : made_by_this_attempt(context, "candidate"))
    if (auto inspection = context.engine.inspect(candidate.id)) found.push_back(std::move(*inspection));
  return found;
}

std::string missing_for_readiness(const std::vector<docker::Inspection>& candidates,
                                  const std::string& health_url) {
  if (candidates.empty()) return "its containers are gone";
  for (const auto& candidate : candidates) {
    const auto& name = candidate.container.name;
    if (!candidate.container.running()) return fmt::format("{} is {}", name, candidate.container.state);
    if (!candidate.health.empty() && candidate.health != "healthy")
      return fmt::format("the HEALTHCHECK of {} says {}", name, candidate.health);
    if (const auto own = own_address(candidate, health_url); own && !all_listen({*own}))
      return fmt::format("the port {} of {} does not accept connections", own->port, name);
  }
  return {};
}

void throw_if_candidate_died(const Context& context) {
  if (const auto death = context.watch ? context.watch->death() : std::nullopt) {
    const auto inspection = context.engine.inspect(death->id);
    throw Error(fmt::format("the candidate {} {}",
                            inspection ? inspection->container.name : death->id.substr(0, 12), death->how),
                {}, "its last log lines say why");
  }
  if (context.stop.stop_requested()) throw Error("cancelled", {}, {});
}

}  // namespace belay
