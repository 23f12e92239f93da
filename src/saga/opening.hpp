#pragma once

#include <functional>
#include <string>

#include "base/files.hpp"
#include "model/layout.hpp"
#include "model/wire.hpp"

namespace belay {

/// How a run comes to be. The caller holds the environment's lock, and no run of it is open.

/// Who types a rollback without a name means the release before the one that serves then. Another deployment
/// may have ended while it waited: then nobody knows what is meant.
void require_same_current(const Plan&, const std::string& when_typed, const std::string& current);

/// Completes the plan by what only the host knows (the id of a new release, which release comes back), makes
/// the run's directory, calls `in_directory` with it, and writes the opening of the run's journal. Returns
/// the run. Throws Error{exit code 2} if there is no such release to come back.
std::string open_new_run(const Layout&, const wire::Start&,
                         const std::function<void(const fs::path& run)>& in_directory = {});

}  // namespace belay
