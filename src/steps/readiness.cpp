#include "steps/readiness.hpp"

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/process.hpp"

namespace belay {

namespace {

constexpr auto default_check_time = std::chrono::seconds(30);  // the Engine's

/// Runs the image's HEALTHCHECK as the Engine would.
bool own_check_passes(const docker::Inspection& inspection, std::stop_token stop) {
  const auto& check = inspection.raw.at("Config").at("Healthcheck").as_object();
  std::vector<std::string> argv{"docker", "exec", inspection.container.id};
  const auto& test = check.at("Test").as_array();
  if (test.at(0) == "CMD-SHELL")
    argv.insert(argv.end(), {"/bin/sh", "-c", std::string(test.at(1).as_string())});
  else
    for (std::size_t i = 1; i < test.size(); ++i) argv.emplace_back(test[i].as_string());
  std::chrono::milliseconds limit = default_check_time;
  if (const auto* timeout = check.if_contains("Timeout");
      timeout && timeout->is_int64() && timeout->as_int64() > 0)
    limit =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(timeout->as_int64()));
  return capture({.argv = std::move(argv)}, std::move(stop), Deadline::in(limit)).ok();
}

}  // namespace

std::vector<docker::Inspection> candidate_inspections(const Context& context) {
  std::vector<docker::Inspection> found;
  for (const auto& candidate : made_by_this_attempt(context, "candidate"))
    if (auto inspection = context.engine.inspect(candidate.id)) found.push_back(std::move(*inspection));
  return found;
}

std::string missing_for_readiness(const std::vector<docker::Inspection>& candidates,
                                  const std::string& health_url, std::stop_token stop) {
  if (candidates.empty()) return "its containers are gone";
  for (const auto& candidate : candidates) {
    const auto& name = candidate.container.name;
    if (!candidate.container.running()) return fmt::format("{} is {}", name, candidate.container.state);
    if (const auto own = own_address(candidate, health_url); own && !all_listen({*own}))
      return fmt::format("the port {} of {} does not accept connections", own->port, name);
    if (candidate.health == "starting" && !own_check_passes(candidate, stop))
      return fmt::format("the HEALTHCHECK of {} does not pass yet", name);
    if (candidate.health == "unhealthy") return fmt::format("the HEALTHCHECK of {} says unhealthy", name);
  }
  return {};
}

AttemptSink attempts_shown(Context& context, StepName step) {
  return [&context, step](int attempt, const std::string& finding) {
    context.ledger.progress(step, attempt, context.environment().health.attempts, "attempts");
    context.ledger.output(step, finding);
  };
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
