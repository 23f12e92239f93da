#pragma once

#include <vector>

#include "steps/context.hpp"

namespace belay {

/// Starts the candidates in the order of `depends_on`, and waits for what it asks: a healthy container, or one that
/// has ended well. Throws Error where that does not come, with the reason.
void start_in_order(Context&, const std::vector<docker::Container>& candidates);

}  // namespace belay
