#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "model/config.hpp"
#include "model/release.hpp"

namespace belay {

/// The steps of a deployment in their order (docs/architecture.md has the table of what each applies and
/// undoes). The gate runs before there is a plan.
enum class StepName {
  preflight,
  before_backup,
  backup,
  sync,
  build,
  create,
  edge,
  migrate,
  before_switch,
  start,
  canary,
  switch_over,
  after_switch,
  verify,
  soak,
  commit,
  settle,
  after_commit,
  after_rollback,
  on_failure
};

/// The hooks of one point are one step, which has the point's name.
StepName step_of_hooks(Hook::At);
/// Empty: the step is none of hooks.
std::optional<Hook::At> hooks_of_step(StepName);
/// Whether the step comes after the outcome is certain: it neither changes the outcome nor is undone.
bool is_after_outcome(StepName);

std::string to_string(StepName);
std::optional<StepName> step_name(const std::string&);

/// What the controller found out about the gate; recorded with the deployment.
struct GateResult {
  bool skipped = false;
  int commands = 0;
  std::chrono::milliseconds took{0};
};

/// One deployment or rollback, decided before anything runs and handed to the host in one message. A value:
/// making it touches nothing, running it knows nothing of flags.
struct Plan {
  static constexpr int format = 1;
  /// rollback: a kept release as it was frozen. redeploy: its source and images, with today's environment.
  enum class Kind { deploy, rollback, redeploy };

  Kind kind = Kind::deploy;
  std::string app;
  EnvironmentConfig environment;
  std::string release;  // deploy: "" until the guard names it under the lock; rollback: the release to go
                        // back to ("" = the last good)
  std::string code_of;  // redeploy: the kept release whose code it is ("" = the last good)
  Commit commit;
  Author by;
  GateResult gate;
  std::vector<StepName> steps;
  std::optional<BuiltHere> built{};  // what `build.local` has made, before there was a plan
  std::optional<Reason> reason{};    // of a deployment
  /// The source directories of releases on the host whose files have the times of what is shipped: size and
  /// time tell what differs from them.
  std::vector<std::string> sources_with_our_times{};
};

/// The environment with BELAY_COMMIT and BELAY_VERSION among its values, for the compose file. Where what is
/// shipped is no commit they are not set, and compose says so where the file uses them.
EnvironmentConfig with_commit(EnvironmentConfig, const Commit&);
/// Which steps this environment needs: backup and migrate only if configured, and where migrate stands.
Plan plan_deployment(const std::string& app, const EnvironmentConfig&, const Commit&, const Author&,
                     const GateResult&);
/// No sync, no build, no migration, no backup and none of its hooks: the release is frozen already.
Plan plan_rollback(const std::string& app, const EnvironmentConfig&, const std::string& release,
                   const Author&);

/// The code of a kept release in today's environment: a new release, without a build, a migration or a
/// backup. The guard knows its commit.
Plan plan_redeployment(const std::string& app, const EnvironmentConfig&, const std::string& release,
                       const Author&);

boost::json::object plan_to_json(const Plan&);
Plan plan_from_json(const boost::json::object&);

}  // namespace belay
