#pragma once

#include <filesystem>

namespace belay {

/// Where trees of files are kept and made on this machine, a directory of this user's alone:
/// $XDG_CACHE_HOME/belay or ~/.cache/belay; where neither can be written, belay-<uid> in $TMPDIR or /var/tmp.
/// Never in $XDG_RUNTIME_DIR, which is small and in memory. Throws Error with all that was tried.
std::filesystem::path tree_space();

}  // namespace belay
