#pragma once

#include "edge/judged_window.hpp"
#include "steps/context.hpp"

namespace belay {

/// Compares candidate and current release at the edge for the window's time; `belay promote` ends it early.
/// Returns the figures as one line for people. Throws Error if the candidate is worse, dies, or the
/// deployment is to stop.
std::string watch_window(Context&, StepName, const Window&);

}  // namespace belay
