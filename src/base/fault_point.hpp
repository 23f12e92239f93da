#pragma once

#include <string_view>

namespace belay {

/// A place where tests may kill or hold the program. With BELAY_FAULT_POINTS (presets dev, check and tsan,
/// target belay_with_fault_points) a file named by the environment variable BELAY_FAULT_FILE holds lines
/// "ROLE POINT WHAT". When ROLE passes POINT (`*`: any), WHAT is done:
/// - "self", "parent", "self+parent": SIGKILL for this process, for its parent, or for both (executor and
///   guard together);
/// - "hold": the process waits here until the file no longer has that line.
/// The file is read at each call, so a test may rewrite it; a line strikes once in a process. Before it
/// strikes, the line is appended to a second file, BELAY_FAULT_FILE with ".struck" behind it: so a test knows
/// that it did. Throws Error on a line that is none. In a release build a fault point is nothing.
#ifdef BELAY_FAULT_POINTS
void fault_point(std::string_view role, std::string_view point);
#else
inline void fault_point(std::string_view, std::string_view) {}
#endif

}  // namespace belay
