#include "model/plan.hpp"

#include "model/plan_json.hpp"

namespace belay {

std::string to_string(StepName step) {
  return name_of(step);
}

std::optional<StepName> step_name(const std::string& name) {
  return value_named<StepName>(name);
}

StepName step_of_hooks(Hook::At at) {
  switch (at) {
    case Hook::At::before_backup:
      return StepName::before_backup;
    case Hook::At::before_switch:
      return StepName::before_switch;
    case Hook::At::after_switch:
      return StepName::after_switch;
    case Hook::At::after_commit:
      return StepName::after_commit;
    case Hook::At::after_rollback:
      return StepName::after_rollback;
    case Hook::At::on_failure:
      break;
  }
  return StepName::on_failure;
}

std::optional<Hook::At> hooks_of_step(StepName step) {
  for (const auto at : all_hook_points)
    if (step_of_hooks(at) == step) return at;
  return std::nullopt;
}

bool is_after_outcome(StepName step) {
  const auto at = hooks_of_step(step);
  return at && !is_before_commit(*at);
}

namespace {

/// The step of these hooks, if the environment has any.
void push_hooks(std::vector<StepName>& steps, const EnvironmentConfig& environment, Hook::At at) {
  if (!hooks_at(environment.hooks, at).empty()) steps.push_back(step_of_hooks(at));
}

/// From the commit on.
void push_end(std::vector<StepName>& steps, const EnvironmentConfig& environment) {
  steps.insert(steps.end(), {StepName::commit, StepName::settle});
  push_hooks(steps, environment, Hook::At::after_commit);
}

}  // namespace

EnvironmentConfig with_commit(EnvironmentConfig environment, const Commit& commit) {
  if (!commit.id.empty()) environment.values.insert_or_assign("BELAY_COMMIT", commit.id);
  if (!commit.version.empty()) environment.values.insert_or_assign("BELAY_VERSION", commit.version);
  return environment;
}

Plan plan_deployment(const std::string& app, const EnvironmentConfig& environment, const Commit& shipped,
                     const Author& by, const GateResult& gate) {
  using enum StepName;
  const auto migrates = [&](MigrationRule::When when) {
    return !environment.migrate.empty() && environment.migrate.front().when == when;
  };
  std::vector<StepName> steps{preflight};
  push_hooks(steps, environment, Hook::At::before_backup);
  if (environment.backup) steps.push_back(backup);
  steps.insert(steps.end(), {sync, build, create});
  if (environment.edge) steps.push_back(edge);
  if (migrates(MigrationRule::When::before_switch)) steps.push_back(migrate);
  push_hooks(steps, environment, Hook::At::before_switch);
  const bool beside = environment.strategy != Strategy::recreate;
  steps.push_back(beside ? start : switch_over);
  if (migrates(MigrationRule::When::after_start)) steps.push_back(migrate);
  if (environment.strategy == Strategy::canary) steps.push_back(canary);
  if (beside) steps.push_back(switch_over);
  push_hooks(steps, environment, Hook::At::after_switch);
  steps.push_back(verify);
  if (environment.soak) steps.push_back(soak);
  push_end(steps, environment);

  return Plan{.kind = Plan::Kind::deploy,
              .app = app,
              .environment = with_commit(environment, shipped),
              .release = {},
              .commit = shipped,
              .by = by,
              .gate = gate,
              .steps = std::move(steps)};
}

Plan plan_rollback(const std::string& app, const EnvironmentConfig& environment, const std::string& release,
                   const Author& by) {
  using enum StepName;
  std::vector<StepName> steps{preflight, create};
  if (environment.edge) steps.push_back(edge);
  push_hooks(steps, environment, Hook::At::before_switch);
  if (environment.strategy != Strategy::recreate) steps.push_back(start);
  steps.push_back(switch_over);
  push_hooks(steps, environment, Hook::At::after_switch);
  steps.push_back(verify);
  push_end(steps, environment);
  return Plan{.kind = Plan::Kind::rollback,
              .app = app,
              .environment = environment,
              .release = release,
              .commit = {},
              .by = by,
              .gate = {},
              .steps = std::move(steps)};
}

Plan plan_redeployment(const std::string& app, const EnvironmentConfig& environment,
                       const std::string& release, const Author& by) {
  using enum StepName;
  auto plan = plan_rollback(app, environment, {}, by);
  plan.kind = Plan::Kind::redeploy;
  plan.code_of = release;
  plan.steps.insert(plan.steps.begin() + 1, {sync, build});
  return plan;
}

boost::json::object plan_to_json(const Plan& plan) {
  return object_of(plan);
}
Plan plan_from_json(const boost::json::object& from) {
  return value_of<Plan>(from, "plan");
}

}  // namespace belay
