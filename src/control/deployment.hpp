#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "control/watcher.hpp"
#include "model/config.hpp"
#include "model/journal_record.hpp"

namespace belay {

struct DeployOptions {
  std::string ref = "HEAD";
  std::string branch{};    // that was pushed, if `ref` is only a commit's id
  bool dirty = false;      // ship the working tree
  bool skip_test = false;  // recorded
  bool wait = false;       // for the lock
  std::string reason{};    // recorded; a freeze holds nobody up who gives one
};

struct RollbackOptions {
  bool current_env = false;  // the release's code with today's environment
  bool wait = false;         // for the lock
};

/// How a deployment or rollback ended, for the report and the exit code.
struct Ending {
  std::string run;
  event::Closed closed;
  std::vector<Record> records;           // all of it, for the report
  std::vector<std::string> held_back{};  // files that git tracks, sync.exclude hides, and the failure names
};

/// Gate, connection, hand-over, source, confirmation. Stopping (Ctrl-C) asks the host to undo, and waits for
/// it. Throws Error{exit code 4} if another deployment holds the environment, and Error{exit code 6} before
/// anything is touched if a freeze holds and no reason is given.
Ending deploy(const Config&, const EnvironmentConfig&, const DeployOptions&, Watcher&, std::stop_token);
Ending roll_back(const Config&, const EnvironmentConfig&, const std::string& release, const RollbackOptions&,
                 Watcher&, std::stop_token);
/// Shows a run (the open one, else the last), and takes over the controller's part if it still runs.
Ending attach(const EnvironmentConfig&, Watcher&, std::stop_token);

/// Who types this: $USER (or the CI's actor) and this machine's name.
Author this_author();

}  // namespace belay
