#pragma once

#include <string>

#include "model/layout.hpp"

namespace belay {

/// Recovery at boot. "systemd", "cron", or empty: not installed for this environment.
std::string installed_boot_recovery(const Layout&);

/// Installs it, by systemd or cron; says by which. Throws Error without root, or where the host has neither.
std::string install_boot_recovery(const Layout&);

/// Points .belay/bin/belay at this very program: what boot calls, whatever version shipped last.
void point_boot_at_this_program(const Layout&);

}  // namespace belay
