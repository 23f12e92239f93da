#pragma once

#include "base/files.hpp"

namespace belay {

/// Makes `to` a second tree of the files of `from`, both directories on one file system: directories with the
/// same modes (and writable for their owner), in which every file and symlink is a hard link. What lies in
/// `to` already stays. Goes on past a file that cannot be linked; throws Error in the end, naming the first.
void link_tree(const fs::path& from, const fs::path& to);

}  // namespace belay
