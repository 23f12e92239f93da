#pragma once

#include <map>

#include "model/journal_record.hpp"
#include "model/masks.hpp"

namespace belay {

/// What a record may show of a run's secrets: nothing. Only texts for people are masked. What recovery acts
/// on (the plan, the notes, paths and ids) holds no value, and must stay as it is.
class EventMask {
 public:
  EventMask() = default;
  explicit EventMask(Masks masks) : masks_(std::move(masks)) {}

  Event masked(Event) const;
  /// A line of a step's output. One that comes in pieces is one text.
  std::string output(StepName, const std::string& line);

 private:
  Masks masks_;
  std::map<StepName, Masks::Held> held_;  // of a line that comes in pieces
};

}  // namespace belay
