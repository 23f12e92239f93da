#include "steps/step.hpp"

#include <array>

namespace belay {

const Step& step_of(StepName name) {
  static constexpr std::array<Step, 14> steps = {{
      {preflight::apply, preflight::undo},
      {backup::apply, backup::undo},
      {sync::apply, sync::undo},
      {build::apply, build::undo},
      {create::apply, create::undo},
      {edge::apply, edge::undo},
      {migrate::apply, migrate::undo},
      {start::apply, start::undo},
      {canary::apply, canary::undo},
      {switch_over::apply, switch_over::undo},
      {verify::apply, verify::undo},
      {soak::apply, soak::undo},
      {nullptr, nullptr},  // commit
      {settle::apply, settle::undo},
  }};
  return steps.at(static_cast<std::size_t>(name));
}

}  // namespace belay
