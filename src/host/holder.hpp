#pragma once

#include <string>

#include "base/files.hpp"
#include "model/release.hpp"
#include "model/wire.hpp"
#include "steps/layout.hpp"

namespace belay {

/// Who holds an environment's lock, written into the lock file for the one who is refused.
void write_holder(const FileLock&, const Author&, const std::string& run);
wire::Held read_holder(const Layout&);
/// Whether somebody holds it now.
bool is_held(const Layout&);

}  // namespace belay
