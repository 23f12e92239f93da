#pragma once

#include <array>

#include "model/config_json.hpp"
#include "model/plan.hpp"
#include "model/release_json.hpp"

/// How a plan is stored, in the journal's first record and in the message that starts a deployment.
namespace belay {

constexpr auto enum_names(StepName) {
  using enum StepName;
  return std::to_array<std::pair<StepName, std::string_view>>({{preflight, "preflight"},
                                                               {before_backup, "before_backup"},
                                                               {backup, "backup"},
                                                               {sync, "sync"},
                                                               {build, "build"},
                                                               {create, "create"},
                                                               {edge, "edge"},
                                                               {migrate, "migrate"},
                                                               {before_switch, "before_switch"},
                                                               {start, "start"},
                                                               {canary, "canary"},
                                                               {switch_over, "switch"},
                                                               {after_switch, "after_switch"},
                                                               {verify, "verify"},
                                                               {soak, "soak"},
                                                               {commit, "commit"},
                                                               {settle, "settle"},
                                                               {after_commit, "after_commit"},
                                                               {after_rollback, "after_rollback"},
                                                               {on_failure, "on_failure"}});
}

constexpr auto enum_names(Plan::Kind) {
  using enum Plan::Kind;
  return std::to_array<std::pair<Plan::Kind, std::string_view>>(
      {{deploy, "deploy"}, {rollback, "rollback"}, {redeploy, "redeploy"}});
}

void fields(auto& archive, Is<GateResult> auto& gate) {
  archive("skipped", gate.skipped);
  archive("commands", gate.commands);
  archive("took", gate.took);
}

void fields(auto& archive, Is<Plan> auto& plan) {
  archive.format(Plan::format);
  archive.required("kind", plan.kind);
  archive.required("app", plan.app);
  archive.required("environment", plan.environment);
  archive("release", plan.release);
  archive("code_of", plan.code_of);
  archive("commit", plan.commit);
  archive("by", plan.by);
  archive("gate", plan.gate);
  archive.required("steps", plan.steps);
  archive("built", plan.built);
  archive("reason", plan.reason);
  archive("sources_with_our_times", plan.sources_with_our_times);
}

}  // namespace belay
