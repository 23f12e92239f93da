#pragma once

#include <functional>

#include "saga/journal.hpp"
#include "saga/run.hpp"
#include "steps/context.hpp"

namespace belay {

/// The last record of a run that went back. It says what is found to serve, and not what was done: before it
/// is written, the containers of the release before and the edge in front of them are looked at. One that ran
/// when the run began and does not run now is started, or made again, whatever stopped it. One that was off
/// before stays off. Then the health URL is asked.
/// `started_again`: whom the way back had to start though no step had stopped it.
/// `run_hooks` is called where that release runs and does not answer well: the proxy in front of it may wait
/// for a hook. It returns whether a hook ran; then the health URL is asked once more. Empty: there is none to
/// run.
event::Closed close_undone(Context&, const Journal&, std::vector<std::string> started_again,
                           const std::function<bool()>& run_hooks);

/// Whether the run had touched what serves, or run hooks for the switch, before it went back.
bool went_back(const Context&, const RunState&);

/// The dump that the run made; empty: none.
std::string backup_of(const Journal&);

}  // namespace belay
