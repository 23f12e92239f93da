/// sim [--schedules N] [--seed S] [--only SEED]: plays schedules, and prints those that break the promise.

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "story.hpp"

namespace {

using belay::sim::Verdict;

struct Wanted {
  std::uint64_t schedules = 1000, seed = 1;
  bool only = false;
};

Wanted wanted_by(int count, char** arguments) {
  Wanted wanted;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = arguments[i];
    std::uint64_t value = 0;
    std::from_chars(arguments[i + 1], arguments[i + 1] + std::strlen(arguments[i + 1]), value);
    if (name == "--schedules") wanted.schedules = value;
    if (name == "--seed") wanted.seed = value;
    if (name == "--only") wanted = {1, value, true};
  }
  return wanted;
}

void print(const belay::sim::Schedule& schedule, const Verdict& verdict) {
  fmt::print("{}\n", schedule.shown());
  for (const auto& line : verdict.story) fmt::print("    {}\n", line);
  for (const auto& sentence : verdict.broken) fmt::print("  broken: {}\n", sentence);
}

}  // namespace

int main(int count, char** arguments) {
  const auto wanted = wanted_by(count, arguments);
  // What the program logs of its waiting is not for whoever reads this.
  if (!wanted.only) ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
  const auto directory = fmt::format("/dev/shm/belay-sim-{}", ::getpid());
  std::vector<int> calls;
  for (int kind = 0; kind < 5; ++kind) {
    const belay::sim::Schedule quiet{
        .seed = 1, .candidate = static_cast<belay::sim::Candidate>(kind), .faults = {}};
    const auto verdict = belay::sim::play(quiet, directory, wanted.only);
    if (!verdict.broken.empty()) return print(quiet, verdict), 1;
    calls.push_back(verdict.calls);
  }
  int broken = 0;
  for (std::uint64_t i = 0; i < wanted.schedules; ++i) {
    const auto schedule = belay::sim::schedule_of(wanted.seed + i, calls);
    const auto verdict = belay::sim::play(schedule, directory, wanted.only);
    if (!verdict.broken.empty() || wanted.only) print(schedule, verdict);
    if (!verdict.broken.empty()) ++broken;
  }
  fmt::print("{} schedules, {} broke the promise\n", wanted.schedules, broken);
  return broken == 0 ? 0 : 1;
}
