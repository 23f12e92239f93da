#include <algorithm>

#include <fmt/core.h>

#include "base/error.hpp"
#include "model/last_lines.hpp"
#include "model/shell_command.hpp"
#include "steps/one_off.hpp"
#include "steps/step.hpp"

namespace belay::migrate {

namespace {

constexpr std::size_t shown_on_failure = 50;
constexpr auto role = "migration";

constexpr auto next_steps =
    "the migration may have changed a part of the database: fix the migration, or mark it resolved with your "
    "migration tool, "
    "before "
    "the next deployment";

/// The service that the rule names, else the first that has containers (`replicas: 0` has none).
const ReleasedService& service_for(const Release& release, const MigrationRule& rule) {
  for (const auto& service : release.services)
    if (!service.containers.empty() && (rule.service.empty() || service.name == rule.service)) return service;
  throw Error(rule.service.empty() ? "no released service has a container to migrate in"
                                   : fmt::format("service {} has no container to migrate in", rule.service),
              "its replicas are 0, or it is not released",
              "set migrate.service to a service that has containers");
}

/// In a container of its own, from the candidate's image: nothing that serves is touched.
int before_switch(Context& context, const MigrationRule& rule, const docker::Engine::LineSink& sink) {
  const auto release = release_of(context);
  return run_one_off(context,
                     {.role = role,
                      .service = service_for(release, rule),
                      .command = container_command(rule.command, rule.words, context.variables),
                      .entrypoint = rule.entrypoint},
                     sink, Deadline::in(rule.timeout));
}

/// In the running candidate, as `docker compose exec` would and the hand-written pipelines do.
int after_start(Context& context, const MigrationRule& rule, const docker::Engine::LineSink& sink) {
  const auto release = release_of(context);
  const auto& service = service_for(release, rule);
  const auto candidates = candidates_of(context);
  const auto own = std::ranges::find_if(
      candidates, [&](const docker::Container& candidate) { return service_of(candidate) == service.name; });
  if (own == candidates.end()) throw Error("there is no candidate to migrate in", {}, "deploy again");
  return context.engine.exec(own->id, container_command(rule.command, rule.words, context.variables), sink,
                             context.stop, Deadline::in(rule.timeout));
}

}  // namespace

std::string apply(Context& context) {
  const auto& rules = context.environment().migrate;
  const bool before = rules.front().when == MigrationRule::When::before_switch;
  for (const auto& rule : rules) {
    LastLines last(shown_on_failure);
    const auto sink = [&](const std::string& line) {
      last.add(line);
      context.ledger.output(StepName::migrate, line);
    };
    const int code = before ? before_switch(context, rule, sink) : after_start(context, rule, sink);
    if (code != 0)
      throw Error(fmt::format("the migration failed: {}", rule.shown()),
                  last.behind(fmt::format("exit code {}", code)), next_steps);
  }
  return before ? "before the switch" : "in the running container";
}

std::string undo(Context& context) {
  remove_one_offs(context, role);
  return context.ledger.done(StepName::migrate) ? "the database stays migrated" : std::string{};
}

}  // namespace belay::migrate
