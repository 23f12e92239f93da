#pragma once

#include <filesystem>

#include "model/tree_listing.hpp"

namespace belay {

/// What lies in a directory now, the directory itself first. Symlinks are not followed. Throws Error naming
/// what cannot be looked at.
TreeListing listed_tree(const std::filesystem::path& root);

}  // namespace belay
