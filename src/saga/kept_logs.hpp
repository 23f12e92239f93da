#pragma once

#include <string>

#include "model/host_facts.hpp"
#include "model/layout.hpp"
#include "steps/context.hpp"

namespace belay {

/// Writes the log of every container this attempt made to the release's run directory, NAME.log, the last
/// megabyte of each: the containers are removed when the release is undone. Returns the directory; empty if
/// nothing was kept, such as on a disk that is nearly full. A log that cannot be read is replaced by the
/// reason.
std::string keep_logs(const Context&);

/// Finds them again, for as long as the runs are kept.
KeptLogs kept_logs(const Layout&, const std::string& release);

}  // namespace belay
