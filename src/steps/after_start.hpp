#pragma once

#include <string>

#include "steps/context.hpp"

namespace belay {

/// Runs the commands of `post_start` in a candidate's container that has just been started, one after the
/// other, as compose does; what they print is output of the step. Throws Error where one fails.
void run_after_start(Context&, StepName, const ReleasedService&, const docker::Container& candidate);

/// The same in a container of the release before, which has been started again. What serves waits for a
/// command no longer than a minute.
void run_after_start_again(const Context&, const PreviousContainer&);

}  // namespace belay
