#pragma once

#include <stop_token>
#include <vector>

#include "saga/recovery.hpp"

namespace belay {

/// As recover_if_abandoned(), from a process that has threads and so may not fork: by another one of this
/// program's own. Throws Error with its words if that fails.
std::vector<RecoveredRun> recover_in_own_process(const Layout&, std::stop_token);

}  // namespace belay
