#pragma once

#include <optional>
#include <vector>

#include "base/error.hpp"
#include "steps/context.hpp"

namespace belay {

/// Runs the commands of `post_start` in a candidate's container that has just been started, one after the
/// other, as compose does; what they print is output of the step. Throws Error where one fails.
void run_after_start(Context&, StepName, const ReleasedService&, const docker::Container& candidate);

/// The same in containers of this release that have been started or made again: in each, whatever becomes of
/// another. What serves waits for the commands of one no longer than a minute. The last trouble is put into
/// `trouble`.
void run_after_start_again(const Context&, StepName, const std::string& release,
                           const std::vector<PreviousContainer>&, std::optional<Error>& trouble);

}  // namespace belay
