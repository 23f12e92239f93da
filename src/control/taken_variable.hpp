#pragma once

#include <optional>
#include <string>

namespace belay {

/// Takes a variable out of this process's environment, and wipes it there, so that no child and no
/// /proc/PID/environ has it. Empty if it is not set or blank. Call it before other threads run: nothing locks
/// the environment.
std::optional<std::string> take_out_of_environment(const char* name);

}  // namespace belay
