#pragma once

#include <span>
#include <string>

#include "model/layout.hpp"

namespace belay {

/// `--path P` out of a host role's arguments. Throws Error (exit code 2) where it is missing.
Layout layout_from(std::span<const std::string> arguments);

}  // namespace belay
