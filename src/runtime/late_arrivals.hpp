#pragma once

#include <functional>

namespace belay {

/// The Engine goes on with what a process asked of it, even when that process is killed: a container or a tag
/// may appear after it was looked for. Calls `remove_what_is_there` (which says how many it found); unless
/// all that was asked for had `come`, again until nothing has come for a while.
void remove_with_late_arrivals(bool come, const std::function<int()>& remove_what_is_there);

}  // namespace belay
