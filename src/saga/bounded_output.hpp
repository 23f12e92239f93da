#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "model/journal_record.hpp"

namespace belay {

/// Bounds what one step's tools may write into the journal: a migration that prints for half an hour would
/// fill the disk. The first megabyte goes through at once; of the rest the last megabyte is kept back and
/// written when the step ends, below a line that says how many lines are left out. No I/O, no threads.
class BoundedOutput {
 public:
  explicit BoundedOutput(std::size_t most_at_each_end = 1'000'000) : most_(most_at_each_end) {}

  /// True: the line is to be written now. False: it was kept back.
  bool takes(StepName, const std::string& line);
  /// Counts a line that could not be written for want of room.
  void lost(StepName);
  /// What is to be written when this step has ended; empty if nothing was kept back. The step's counting
  /// begins anew, for its undo.
  std::vector<event::Output> rest(StepName);

 private:
  struct Kept {
    std::size_t first_bytes = 0, last_bytes = 0;
    bool first_is_full = false;
    std::deque<std::string> last;
    std::uint64_t left_out = 0;
  };
  void drop_oldest(Kept&) const;
  Kept& of(StepName);

  std::size_t most_;
  std::vector<std::pair<StepName, Kept>> steps_;
};

}  // namespace belay
