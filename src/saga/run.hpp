#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/journal_record.hpp"
#include "model/layout.hpp"

namespace belay {

/// What a journal's records say about its run: where a process that goes on with it has to begin.
struct RunState {
  event::Opened opened;
  std::string previous;         // the release that served before, adoption included
  std::vector<StepName> begun;  // in order
  std::vector<StepName> undone;
  bool committed = false;
  bool left_in_place = false;  // decided with `rollback: false`: forward, but not good
  std::optional<event::StepFailed> failure;
  std::optional<event::Closed> closed;  // the last one, if nothing follows it
  std::optional<event::Closed>
      closed_before;  // the last one that something follows: the run was taken up again

  std::vector<StepName> done;

  bool has_begun(StepName) const;
  bool was_undone(StepName) const;
  bool is_done(StepName) const;
};
/// Empty if the journal does not even hold its opening: nothing was done then.
std::optional<RunState> run_state(const std::vector<Record>&);

/// The runs of an environment, newest first.
std::vector<std::string> runs_of(const Layout&);
/// Whether the journal ends with a close that leaves nothing unfinished. Of the rest of it nothing need be
/// readable.
bool is_closed(const Layout&, const std::string& run);
/// The newest run, if it is not closed. An older one is never open, whatever its journal lacks.
std::optional<std::string> open_run(const Layout&);

}  // namespace belay
