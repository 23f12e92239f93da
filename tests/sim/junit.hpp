#pragma once

#include <string>
#include <vector>

namespace belay::sim {

/// The schedules of one kind, as one case of a JUnit file.
struct Case {
  std::string name;
  int schedules = 0;
  std::vector<std::string> broken;  // each a schedule, and the sentences that do not hold
};

void write_junit(const std::string& file, const std::vector<Case>&);

}  // namespace belay::sim
