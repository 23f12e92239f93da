#pragma once

#include <string>

#include "host/arguments.hpp"
#include "model/layout.hpp"

namespace belay {

/// `belay host install`: see host/boot_entry.hpp. Says by what.
std::string recovery_installed_at_boot(const HostArguments&);

/// Points bin/belay of the state at this very program: what boot calls, whatever version shipped last.
void point_boot_at_this_program(const Layout&);

}  // namespace belay
