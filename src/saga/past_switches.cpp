#include "saga/past_switches.hpp"

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "saga/journal.hpp"
#include "saga/run.hpp"

namespace belay {

namespace {

/// Journals that are read at the most: of one with much output a read takes some milliseconds.
constexpr std::size_t looked_at = 20;

bool is_same_way(const EnvironmentConfig& one, const EnvironmentConfig& other) {
  return one.strategy == other.strategy && one.edge.has_value() == other.edge.has_value();
}

template <class Moment>
std::optional<Time> time_of(const std::vector<Record>& records, StepName step) {
  for (const auto& record : records)
    if (const auto* event = std::get_if<Moment>(&record.event); event != nullptr && event->step == step)
      return record.at;
  return std::nullopt;
}

/// Empty: the run went back, broke off, or nothing served before it.
std::optional<PastSwitch> switch_of(const std::string& run, const std::vector<Record>& records,
                                    const EnvironmentConfig& environment) {
  const auto state = run_state(records);
  if (!state || !state->committed || state->previous.empty()) return std::nullopt;
  if (!is_same_way(state->opened.plan.environment, environment)) return std::nullopt;
  const auto began = time_of<event::StepBegan>(records, StepName::switch_over);
  const auto done = time_of<event::StepDone>(records, StepName::switch_over);
  const auto proven = time_of<event::StepDone>(records, StepName::verify);
  if (!began || !done || !proven) return std::nullopt;
  using std::chrono::duration_cast, std::chrono::milliseconds;
  return PastSwitch{run, duration_cast<milliseconds>(*done - *began),
                    duration_cast<milliseconds>(*proven - *done)};
}

}  // namespace

std::vector<PastSwitch> past_switches(const Layout& layout, const EnvironmentConfig& environment,
                                      std::size_t most) {
  std::vector<PastSwitch> found;
  auto runs = runs_of(layout);
  runs.resize(std::min(runs.size(), looked_at));
  for (const auto& run : runs) {
    if (found.size() == most) break;
    try {
      if (auto past = switch_of(run, Journal::read(layout.journal(run)), environment))
        found.push_back(std::move(*past));
    } catch (const Error&) {
      continue;  // it is damaged, or of a newer version: it tells nothing
    }
  }
  return found;
}

}  // namespace belay
