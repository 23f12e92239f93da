#pragma once

#include <functional>

#include "saga/journal.hpp"
#include "steps/context.hpp"

namespace belay {

/// Runs the hooks after the outcome, before the run is closed with `closed`: after_commit, or after_rollback
/// and on_failure. Nothing that they do changes the outcome. Hooks that an earlier process saw through do not
/// run again; hooks in the middle of which a process died run once more. Throws Error if their beginning
/// cannot be recorded (a full disk): then they have not begun, and the run is not closed.
void run_late_hooks(Context&, Journal&, const event::Closed& closed);

/// The hooks after_rollback before their time, where the release that came back may need them in order to
/// answer (close_undone). Empty: none is configured, none is due after what the run has done, or they ran
/// already.
std::function<bool()> hooks_that_may_help(Context&, Journal&);

}  // namespace belay
