#pragma once

#include <span>
#include <string>

namespace belay {

/// The roles of this program on a host. All return an exit code; main shows what they throw.

/// `--path P`: speaks wire.hpp over stdin and stdout for one controller; a viewer, whose death stops nothing.
int host_session(std::span<const std::string> arguments);
/// `--path P`: reads one wire::Start from stdin, takes the lock, opens the journal, says Started or Held on
/// stdout, then detaches; starts the executor and goes on with its journal if it dies.
int host_guard(std::span<const std::string> arguments);
/// Not typed by anyone: the guard forks the executor. Refuses, saying so.
int host_execute(std::span<const std::string> arguments);
/// `--path P` or `--all`: finishes or undoes what dead deployments left.
int host_recover(std::span<const std::string> arguments);
/// `--path P`: the edge takes up its certificates' files anew.
int host_reload(std::span<const std::string> arguments);
/// `--path P`: reads one wire::Ask "up" from stdin, detaches, and says wire::Answer or Failure on stdout.
int host_up(std::span<const std::string> arguments);
/// `--path P`: has recovery run at boot, by systemd or cron.
int host_install(std::span<const std::string> arguments);

}  // namespace belay
