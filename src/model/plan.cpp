#include "model/plan.hpp"

#include "model/plan_json.hpp"

namespace belay {

std::string to_string(StepName step) {
  return name_of(step);
}

std::optional<StepName> step_name(const std::string& name) {
  return value_named<StepName>(name);
}

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
  if (environment.backup) steps.push_back(backup);
  steps.insert(steps.end(), {sync, build, create});
  if (environment.edge) steps.push_back(edge);
  if (migrates(MigrationRule::When::before_switch)) steps.push_back(migrate);
  const bool beside = environment.strategy != Strategy::recreate;
  steps.push_back(beside ? start : switch_over);
  if (migrates(MigrationRule::When::after_start)) steps.push_back(migrate);
  if (environment.strategy == Strategy::canary) steps.push_back(canary);
  if (beside) steps.push_back(switch_over);
  steps.push_back(verify);
  if (environment.soak) steps.push_back(soak);
  steps.insert(steps.end(), {commit, settle});

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
  if (environment.strategy != Strategy::recreate) steps.push_back(start);
  steps.insert(steps.end(), {switch_over, verify, commit, settle});
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
