#pragma once

#include <filesystem>

#include "model/tree_change.hpp"

namespace belay {

/// Makes a change in a tree that holds hard links to the files of a kept release: no file is written into,
/// each new one is written aside and renamed. Goes through no symlink, and leaves no path outside of the
/// tree. Making it again changes nothing. Throws Error naming the path that cannot be changed; a change with
/// a path that may not be is refused whole, before anything is made.
void make_change(const std::filesystem::path& tree, const TreeChange&);

}  // namespace belay
