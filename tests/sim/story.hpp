#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "faults.hpp"

namespace belay::sim {

/// How the release that comes behaves.
enum class Candidate { good, dies_at_once, dies_later, answers_500, never_listens };
constexpr int candidates = 5;
std::string shown(Candidate);

/// One schedule: what is deployed, and what the world does to it. A seed makes the same one each time.
struct Schedule {
  std::uint64_t seed = 0;
  Candidate candidate{};
  std::vector<Fault> faults;

  std::string shown() const;
};

/// What came of a schedule: sentences that say what does not hold; none, if the promise was kept.
struct Verdict {
  std::vector<std::string> broken;
  std::vector<std::string> story;  // if asked for
  int calls = 0;                   // of ports: where faults may strike
};

/// `calls`: how many port calls such a story has where nothing goes wrong, for each kind of candidate.
Schedule schedule_of(std::uint64_t seed, const std::vector<int>& calls);

/// Plays it on a host of its own, in `directory`. Afterwards the world is well, and what a boot or a next
/// command does is done.
Verdict play(const Schedule&, const std::string& directory, bool tell);

}  // namespace belay::sim
