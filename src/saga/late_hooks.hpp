#pragma once

#include "saga/journal.hpp"
#include "steps/context.hpp"

namespace belay {

/// Runs the hooks after the outcome, before the run is closed with `closed`: after_commit, or after_rollback
/// and on_failure. Nothing that they do changes the outcome. Hooks that an earlier process saw through do not
/// run again; hooks in the middle of which a process died run once more. Throws Error if their beginning
/// cannot be recorded (a full disk): then they have not begun, and the run is not closed.
void run_late_hooks(Context&, Journal&, const event::Closed& closed);

}  // namespace belay
