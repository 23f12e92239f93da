#pragma once

#include <string>

#include "cli/style.hpp"
#include "control/deployment.hpp"

namespace belay::cli {

/// What people read when a deployment or rollback is over: what runs now and how that was checked; on failure
/// first what failed, where and why, with the container's last lines; how long each step took, where the
/// backup lies, how to go back. Made from the journal's records alone, so that `attach` to a finished run
/// shows the same. A run that was rolled back is never dressed as a success. Nothing is clipped: reasons and
/// logs are read, and copied, whole. Ends with a newline.
std::string report(const Ending&, const Style&);

}  // namespace belay::cli
