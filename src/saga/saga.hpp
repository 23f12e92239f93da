#pragma once

#include <stop_token>

#include "saga/journal.hpp"
#include "saga/run.hpp"
#include "steps/context.hpp"

namespace belay {

/// The heart of belay: runs a plan's steps forward, and on a failure back. Every intent is in the journal
/// before its act; the journal alone decides what another process has to do after this one died.

/// Runs the plan from its first step to its end. Returns the run's last record, which the caller appends.
event::Closed execute(Context&, Journal&);

/// Goes on with a journal that a dead process left: forward if it holds a commit, else back. `by` says who
/// does it. Returns the same.
event::Closed recover(Context&, Journal&, const std::string& by);

}  // namespace belay
