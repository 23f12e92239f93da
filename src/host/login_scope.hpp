#pragma once

#include <string>
#include <vector>

namespace belay {

/// Where systemd runs, a login's processes may end with it (KillUserProcesses=yes), whatever session they
/// are in. A process in a scope of its own goes on.

/// What a command has to begin with to run in a scope of its own. Empty without systemd, or where it grants
/// none. The command stays a child of the caller, with its descriptors and environment.
std::vector<std::string> scope_of_its_own();

/// Why a deployment would end with the login that began it, where systemd ends those; else empty.
std::string why_bound_to_login();

}  // namespace belay
