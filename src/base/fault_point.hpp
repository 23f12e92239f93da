#pragma once

#include <string_view>

namespace belay {

/// A place where crash tests may kill the program. With BELAY_FAULT_POINTS (the dev build) a file named by
/// the environment variable BELAY_FAULT_FILE holds lines "ROLE POINT WHO": when ROLE passes POINT (`*`: any),
/// `WHO` is killed with SIGKILL ("self", "parent", or "self+parent": executor and guard together). The file
/// is read at each call, so a test may rewrite it; a line strikes once in a process. Throws Error on a line
/// that is none. In a release build it is nothing.
#ifdef BELAY_FAULT_POINTS
void fault_point(std::string_view role, std::string_view point);
#else
inline void fault_point(std::string_view, std::string_view) {}
#endif

}  // namespace belay
