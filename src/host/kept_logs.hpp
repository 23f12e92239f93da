#pragma once

#include <string>

#include "steps/context.hpp"

namespace belay {

/// Writes the log of every container this attempt made to the release's run directory, NAME.log, the last
/// megabyte of each: the containers are removed when the release is undone. Returns the directory; empty if
/// nothing was kept, such as on a disk that is nearly full. A log that cannot be read is replaced by the
/// reason.
std::string keep_logs(const Context&);

}  // namespace belay
