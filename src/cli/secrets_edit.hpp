#pragma once

#include <string>

#include "cli/context.hpp"
#include "model/secrets_file.hpp"

namespace belay::cli {

/// Lets the user change secrets in $VISUAL, $EDITOR or vi. The text lies in a file system in memory, is this
/// user's alone, and is removed even if belay is killed. Throws BadConfig if what comes back cannot be read,
/// and Error if the editor fails or there is no such file system.
OpenSecrets edited(const OpenSecrets&, Context&);

}  // namespace belay::cli
