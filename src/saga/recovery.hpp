#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "model/journal_record.hpp"
#include "model/layout.hpp"

namespace belay {

struct RecoveredRun {
  std::string run;
  event::Closed closed;
};
/// A recovery has done what was asked of it where the release from before serves again: 0.
int exit_code_of(const RecoveredRun&);

/// What the journal of a run must have said once, though it does not: `current` or the store shows that the
/// run was committed, or that its failed release was left in place. Settle writes those after that record
/// alone. The record to append before anything is undone; empty if there is no such sign, if the journal has
/// the record, or if its undo has begun.
std::optional<Event> decided_by_second_witness(const Layout&, const std::vector<Record>&);

/// Finishes or undoes the environment's newest run if its journal is open. The caller holds the lock.
/// `by` says who does it. Throws Error if one cannot be brought to its close; a close may leave something
/// unfinished.
std::vector<RecoveredRun> recover_open_runs(const Layout&, const std::string& by);

/// As above, taking the lock itself; empty if a living deployment holds it.
std::vector<RecoveredRun> recover_if_abandoned(const Layout&, const std::string& by);
/// How that run was closed; empty: it is open, or not there.
std::optional<event::Closed> closed_event(const Layout&, const std::string& run);

}  // namespace belay
