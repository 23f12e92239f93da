#pragma once

#include <filesystem>
#include <stop_token>

#include "control/lifeline.hpp"
#include "control/watcher.hpp"
#include "model/config.hpp"
#include "model/plan.hpp"

namespace belay {

/// Where the logs of the gate's commands are kept on this machine: $XDG_CACHE_HOME/belay/gate (or
/// ~/.cache/…), a directory for each run, the newest twenty.
std::filesystem::path gate_logs();

/// Runs the environment's test steps in `source`, a checkout of their own, as CommandsHere says it. Throws
/// what that throws.
GateResult run_gate(const EnvironmentConfig&, const Commit&, const std::filesystem::path& source,
                    const std::filesystem::path& logs, const Lifeline& life, Watcher&, std::stop_token);

}  // namespace belay
