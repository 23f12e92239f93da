#pragma once

#include <vector>

#include <sys/types.h>

namespace belay {

/// What /proc tells of processes that are not our children.

std::vector<pid_t> all_processes();

/// Whether a process of the group runs. Zombies do not: an init that reaps late, as some containers have,
/// would otherwise keep us waiting for a group that is dead.
bool group_runs(pid_t group);

/// Those that run.
std::vector<pid_t> children_of(pid_t parent);

}  // namespace belay
