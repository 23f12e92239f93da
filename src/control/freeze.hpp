#pragma once

#include <optional>
#include <string>

#include "control/findings.hpp"
#include "model/config.hpp"
#include "model/release.hpp"

namespace belay {

/// What is recorded of `reason`, and the freeze that holds now in spite of which `command` goes on. Empty:
/// nobody gave a reason, and no freeze holds. Throws Error{exit code 6} if one holds and there is no reason,
/// Error{exit code 2} for a reason that is no line.
std::optional<Reason> reason_during_freeze(const EnvironmentConfig&, const std::string& command,
                                           const std::string& reason, Time now);

/// Which freeze holds, or comes next. Empty: belay.yml has none.
std::optional<Finding> checked_freeze(const EnvironmentConfig&, Time now);

}  // namespace belay
