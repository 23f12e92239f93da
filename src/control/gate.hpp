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

/// Runs the environment's test steps with `sh -c` in `source`, a checkout of their own: the lines one after
/// another, the commands of a parallel line at the same time, each with its own log file. CI=true is set, as
/// in the pipelines that these commands come from; BELAY_COMMIT, BELAY_BRANCH and BELAY_ENVIRONMENT say what
/// is tested, since the checkout has no .git unless `test_git` asks for one. The first failure stops what
/// runs beside it and throws Error with the command, its end, its last lines and the log's path. `life` ends
/// what the commands leave behind, however this process ends.
GateResult run_gate(const EnvironmentConfig&, const Commit&, const std::filesystem::path& source,
                    const std::filesystem::path& logs, const Lifeline& life, Watcher&, std::stop_token);

}  // namespace belay
