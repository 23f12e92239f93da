#pragma once

#include <string>

#include "model/layout.hpp"

namespace belay {

/// What has recovery of an environment run at boot: a systemd unit or a file of /etc/cron.d, which only root
/// can install, or else a user unit or a line in the crontab of the account that deploys.

/// "systemd", "cron", "systemd for this account", "crontab", or empty: not installed.
std::string installed_boot_recovery(const Layout&);

/// Installs it, and has systemd run the program once, so that a unit which cannot run is told now. Replaces
/// what is installed for this environment. Says by which of them. Throws Error where this host has none.
std::string install_boot_recovery(const Layout&);

/// What boot calls: a link to one of the programs in the state directory.
std::filesystem::path boot_program(const Layout&);

/// Writes an entry that names another state or program anew, as far as this account may.
void refresh_boot_recovery(const Layout&);

/// A path as a unit's ExecStart, and as a line of a crontab, has it.
std::string quoted_for_systemd(const std::string&);
std::string quoted_for_cron(const std::string&);

}  // namespace belay
