#pragma once

#include <string>
#include <vector>

#include "steps/context.hpp"

namespace belay {

/// The release before, as this run has found it.
struct WhatServed {
  /// What stands for the release before, what goes on as it is, and last the edge: when the edge starts, it
  /// looks up the others' addresses.
  std::vector<PreviousContainer> containers;
  std::vector<std::string>
      missing;  // services of it that have no container, and had none when this run began
};

/// Before anything else is done: notes what serves, and keeps what its containers are made of. From here on,
/// what others take down can be brought back.
void note_what_serves(Context&);

/// What the edge had counted of the current release when that was noted.
Answers usual_answers(const Context&);

/// Whether this container ran when that was noted: others may have stopped it since.
bool ran_at_begin(const Context&, const std::string& id);

/// As the run noted it, with the ids that the containers have now. A container that ended since the run began
/// counts as one that ran.
WhatServed what_served(const Context&);

}  // namespace belay
