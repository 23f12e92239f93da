#include "steps/step.hpp"

namespace belay {

Step step_of(StepName name) {
  switch (name) {
    case StepName::preflight:
      return {preflight::apply, preflight::undo};
    case StepName::backup:
      return {backup::apply, backup::undo};
    case StepName::sync:
      return {sync::apply, sync::undo};
    case StepName::build:
      return {build::apply, build::undo};
    case StepName::create:
      return {create::apply, create::undo};
    case StepName::edge:
      return {edge::apply, edge::undo};
    case StepName::migrate:
      return {migrate::apply, migrate::undo};
    case StepName::before_backup:
      return {hooks::apply_before_backup, hooks::undo};
    case StepName::before_switch:
      return {hooks::apply_before_switch, hooks::undo};
    case StepName::after_switch:
      return {hooks::apply_after_switch, hooks::undo};
    case StepName::start:
      return {start::apply, start::undo};
    case StepName::canary:
      return {canary::apply, canary::undo};
    case StepName::switch_over:
      return {switch_over::apply, switch_over::undo};
    case StepName::verify:
      return {verify::apply, verify::undo};
    case StepName::soak:
      return {soak::apply, soak::undo};
    case StepName::commit:
    case StepName::after_commit:
    case StepName::after_rollback:
    case StepName::on_failure:
      return {nullptr, nullptr};
    case StepName::settle:
      return {settle::apply, settle::undo};
  }
  return {nullptr, nullptr};
}

}  // namespace belay
