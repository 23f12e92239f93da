#include "saga/recovery.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/core.h>

#include "base/files.hpp"
#include "base/forked.hpp"
#include "base/process.hpp"
#include "model/notes.hpp"
#include "release/release_store.hpp"
#include "saga/executor.hpp"
#include "saga/holder.hpp"
#include "saga/journal.hpp"
#include "saga/run.hpp"

namespace belay {

namespace {

bool has_begun_to_undo(const std::vector<Record>& records) {
  return std::ranges::any_of(
      records, [](const Record& record) { return std::holds_alternative<event::UndoBegan>(record.event); });
}

/// In a process of its own: what it marks its children with must not stay in this one.
void recover_in_child(const Layout& layout, const std::string& run, const std::string& by) {
  Journal::read(layout.journal(run));  // a damaged one is no work for anybody: its Error says what to do
  const auto end = run_forked([&] { run_to_the_end(layout, run, {}, by); });
  if (!end.well)
    throw Error("the deployment " + run + " that was left behind could not be recovered", end.why,
                "belay host recover tries again; " + layout.journal(run).string() + " shows what happened",
                ExitCode::nothing_serves);
}

/// A guard that died between making a run's directory and its journal has done nothing.
void remove_stillborn_runs(const Layout& layout) {
  if (!fs::is_directory(layout.runs())) return;
  std::vector<fs::path> stillborn;
  for (const auto& entry : fs::directory_iterator(layout.runs()))
    if (!fs::exists(layout.journal(entry.path().filename().string()))) stillborn.push_back(entry.path());
  for (const auto& directory : stillborn) remove_tree(directory);
}

}  // namespace

std::optional<event::Closed> closed_event(const Layout& layout, const std::string& run) {
  if (!fs::exists(layout.journal(run))) return std::nullopt;
  const auto state = run_state(Journal::read(layout.journal(run)));
  return state ? state->closed : std::nullopt;
}

int exit_code_of(const RecoveredRun& run) {
  const auto code = exit_code_of(run.closed);
  return code == ExitCode::failed ? 0 : static_cast<int>(code);
}

std::optional<Event> decided_by_second_witness(const Layout& layout, const std::vector<Record>& records) {
  const auto state = run_state(records);
  if (!state || state->committed || state->left_in_place || has_begun_to_undo(records)) return std::nullopt;
  const auto& release = state->opened.plan.release;
  const ReleaseStore store(layout);
  // A rollback's release was good before, and one to what is current was current before: that shows nothing.
  const bool became_current = store.current() == release && state->opened.previous != release;
  const auto kept = store.find(release);
  const bool became_good =
      state->opened.plan.kind != Plan::Kind::rollback && kept && kept->state == Release::State::good;
  if (!became_current && !became_good) return std::nullopt;
  if (kept && kept->state == Release::State::failed) return noted_event(notes::LeftInPlace{});
  return event::Committed{release};
}

std::vector<RecoveredRun> recover_open_runs(const Layout& layout, const std::string& by) {
  remove_stillborn_runs(layout);
  std::vector<RecoveredRun> recovered;
  if (const auto run = open_run(layout)) {
    recover_in_child(layout, *run, by);
    if (!fs::exists(layout.journal(*run))) return recover_open_runs(layout, by);  // it had not even begun
    if (const auto closed = closed_event(layout, *run))
      recovered.push_back({*run, *closed});
    else
      throw Error("recovery of " + *run + " ended without a close", {}, layout.journal(*run).string());
  }
  return recovered;
}

std::vector<RecoveredRun> recover_if_abandoned(const Layout& layout, const std::string& by) {
  if (!fs::exists(layout.lock())) return {};
  const auto lock = acquired_unless_held(layout);
  return lock ? recover_open_runs(layout, by) : std::vector<RecoveredRun>{};
}

}  // namespace belay
