#pragma once

#include <string>
#include <vector>

#include "steps/context.hpp"

namespace belay {

/// Starts the candidates in the order of `depends_on`, and waits for what it asks: a healthy container, or
/// one that has ended well; runs the commands of `post_start`, whose output is the step's. `done`: ids of
/// those that are not run a second time. Throws Error where what is asked does not come, with the reason.
void start_in_order(Context&, StepName, const std::vector<docker::Container>& candidates,
                    const std::vector<std::string>& done = {});

/// The ids of those that have run to their end, and may.
std::vector<std::string> ended_well(const Context&, const std::vector<docker::Container>& candidates);

}  // namespace belay
