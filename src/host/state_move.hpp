#pragma once

#include "base/files.hpp"
#include "host/arguments.hpp"
#include "model/layout.hpp"

namespace belay {

/// Moves a state that an older belay keeps in the live directory to its own place, and lays the link there.
/// Call it with the environment's lock, while no run is open; `lock` is the one of the new place afterwards.
/// Returns the layout that holds from now on. A process that dies at any point of it leaves one state that
/// the next call goes on from.
///
/// The state stays in the live directory if it is a mount point there, and if it would have to be copied to
/// another file system while an edge's container uses it.
Layout settled_in_its_place(const HostArguments&, FileLock& lock);

}  // namespace belay
