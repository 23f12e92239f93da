/// Plays schedules, and prints those that break the promise:
///   sim [--schedules N] [--seed S] [--jobs J] [--junit FILE]    seeds S … S+N-1, in J processes
///   sim --only S                                                one of them, call by call

#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include "junit.hpp"
#include "story.hpp"

namespace {

using namespace belay::sim;

struct Wanted {
  std::uint64_t schedules = 1000, seed = 1, jobs = 2;
  bool only = false;
  std::string junit;
};

Wanted wanted_by(int count, char** arguments) {
  Wanted wanted;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = arguments[i];
    std::uint64_t value = 0;
    std::from_chars(arguments[i + 1], arguments[i + 1] + std::strlen(arguments[i + 1]), value);
    if (name == "--schedules") wanted.schedules = value;
    if (name == "--seed") wanted.seed = value;
    if (name == "--jobs") wanted.jobs = value;
    if (name == "--junit") wanted.junit = arguments[i + 1];
    if (name == "--only") wanted = {.schedules = 1, .seed = value, .jobs = 1, .only = true, .junit = {}};
  }
  return wanted;
}

std::string told(const Schedule& schedule, const Verdict& verdict) {
  std::string text = schedule.shown() + "\n";
  for (const auto& line : verdict.story) text += fmt::format("    {}\n", line);
  for (const auto& sentence : verdict.broken) text += fmt::format("  broken: {}\n", sentence);
  return text;
}

/// Its length is always the same, so that a torn file is torn at the same byte in each run of a seed.
std::string directory_of_this_process() {
  return fmt::format("/dev/shm/belay-sim-{:08}", ::getpid());
}

/// How many port calls a story of each kind has, if nothing goes wrong; then it has to come out well.
std::vector<int> calls_of_quiet_stories() {
  std::vector<int> calls;
  for (int kind = 0; kind < candidates; ++kind) {
    const Schedule quiet{.seed = 1, .candidate = static_cast<Candidate>(kind), .faults = {}};
    const auto verdict = play(quiet, directory_of_this_process(), false);
    if (!verdict.broken.empty()) {
      fmt::print("{}", told(quiet, verdict));
      return {};
    }
    calls.push_back(verdict.calls);
  }
  return calls;
}

/// A process's share of the schedules. What it finds goes into `to`, one record of NUL-ended text each.
void play_share(const Wanted& wanted, std::uint64_t share, const std::vector<int>& calls, int to) {
  for (auto i = share; i < wanted.schedules; i += wanted.jobs) {
    const auto schedule = schedule_of(wanted.seed + i, calls);
    const auto verdict = play(schedule, directory_of_this_process(), wanted.only);
    std::string record(1, static_cast<char>('0' + static_cast<int>(schedule.candidate)));
    if (!verdict.broken.empty() || wanted.only) {
      const auto text = told(schedule, verdict);
      fmt::print("{}", text);
      std::fflush(stdout);
      if (!verdict.broken.empty()) record += text.substr(0, 3000);
    }
    record.push_back('\0');
    if (::write(to, record.data(), record.size()) < 0) ::_exit(1);
  }
}

std::vector<Case> cases_in(const std::string& records) {
  std::vector<Case> cases;
  for (int kind = 0; kind < candidates; ++kind)
    cases.push_back(
        {.name = "a rollback to a release that " + shown(static_cast<Candidate>(kind)), .broken = {}});
  for (std::size_t at = 0; at < records.size();) {
    const auto end = records.find('\0', at);
    auto& one = cases.at(static_cast<std::size_t>(records[at] - '0'));
    ++one.schedules;
    if (end > at + 1) one.broken.push_back(records.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return cases;
}

std::string all_of(int from) {
  std::string text;
  char part[65536];
  for (ssize_t got = 0; (got = ::read(from, part, sizeof part)) > 0;)
    text.append(part, static_cast<std::size_t>(got));
  return text;
}

}  // namespace

int main(int count, char** arguments) {
  const auto wanted = wanted_by(count, arguments);
  // What the program logs of its waiting is not for whoever reads this.
  if (!wanted.only) ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
  const auto calls = calls_of_quiet_stories();
  if (calls.empty()) return 1;
  int ends[2];
  if (::pipe(ends) != 0) return 1;
  std::fflush(stdout);
  for (std::uint64_t share = 0; share < wanted.jobs; ++share)
    if (::fork() == 0) {
      ::close(ends[0]);
      play_share(wanted, share, calls, ends[1]);
      ::_exit(0);
    }
  ::close(ends[1]);
  const auto cases = cases_in(all_of(ends[0]));
  while (::wait(nullptr) > 0) {
  }
  std::uint64_t played = 0, broken = 0;
  for (const auto& one : cases) {
    played += static_cast<std::uint64_t>(one.schedules);
    broken += one.broken.size();
  }
  if (!wanted.junit.empty()) write_junit(wanted.junit, cases);
  fmt::print("{} schedules from seed {} on: {} broke the promise\n", played, wanted.seed, broken);
  if (played != wanted.schedules)
    fmt::print("{} were not played to their end: a process broke off\n", wanted.schedules - played);
  return broken == 0 && played == wanted.schedules ? 0 : 1;
}
