#pragma once

#include <string>
#include <vector>

#include "../drivers/scratch.hpp"
#include "model/layout.hpp"
#include "saga/journal.hpp"

namespace belay::testing {

/// An environment's directory in which tests make runs.
struct Environment {
  Scratch live;
  Layout layout{live.path()};

  Environment();
  /// A journal with these records behind its opening.
  Journal begin(const std::string& run, const std::vector<Event>& events = {}) const;
  /// Flips a bit in the journal's first "step-began"; what the file is then.
  std::string damage(const std::string& run) const;
};

event::Opened opened(const std::string& run);

}  // namespace belay::testing
