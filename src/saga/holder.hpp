#pragma once

#include <optional>
#include <string>

#include "base/files.hpp"
#include "model/layout.hpp"
#include "model/release.hpp"
#include "model/wire.hpp"

namespace belay {

/// Who holds an environment's lock, written into the lock file for the one who is refused.
void write_holder(const FileLock&, const Author&, const std::string& run);
wire::Held read_holder(const Layout&);
/// Whether somebody holds it now.
bool is_held(const Layout&);
/// Waits for one who only looks whether it is held, and so holds it for a moment, and for one who was killed.
/// Empty: a living one holds it.
std::optional<FileLock> acquired_unless_held(const Layout&);
/// Whether one of the holder's processes, its guard or its executor, still runs. A killed one may hold the
/// lock for a while longer: until its last write has reached the disk.
bool holder_runs(const Layout&);

}  // namespace belay
