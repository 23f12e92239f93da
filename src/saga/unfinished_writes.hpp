#pragma once

#include "model/layout.hpp"
#include "model/plan.hpp"

namespace belay {

/// Removes what a process left that was killed in the middle of an atomic write: the temporary file beside
/// the one it meant, and a release's directory in which release.json never came to be. The caller holds the
/// lock, and no run of the environment is going on.
void remove_unfinished_writes(const Layout&, const EnvironmentConfig&);

}  // namespace belay
