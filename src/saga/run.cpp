#include "saga/run.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "model/notes.hpp"
#include "saga/journal.hpp"

namespace belay {

namespace {

struct Reader {
  RunState& state;

  void operator()(const event::StepBegan& event) const {
    if (std::ranges::find(state.begun, event.step) == state.begun.end()) state.begun.push_back(event.step);
  }
  void operator()(const event::StepDone& event) const { state.done.push_back(event.step); }
  void operator()(const event::Noted& event) const {
    if (const auto adopted = note_in<notes::AdoptedRelease>(event)) state.previous = adopted->value;
    if (note_in<notes::LeftInPlace>(event)) state.left_in_place = true;
  }
  void operator()(const event::StepFailed& event) const { state.failure = event; }
  void operator()(const event::UndoDone& event) const { state.undone.push_back(event.step); }
  void operator()(const event::Committed&) const { state.committed = true; }
  void operator()(const event::Closed& event) const { state.closed = event; }
  void operator()(const event::Recovering&) const {
    if (state.closed) state.closed_before = std::move(state.closed);
    state.closed.reset();
  }
  template <class Other>
  void operator()(const Other&) const {}
};

}  // namespace

namespace {
bool has(const std::vector<StepName>& steps, StepName step) {
  return std::ranges::find(steps, step) != steps.end();
}
}  // namespace

bool RunState::has_begun(StepName step) const {
  return has(begun, step);
}
bool RunState::was_undone(StepName step) const {
  return has(undone, step);
}
bool RunState::is_done(StepName step) const {
  return has(done, step);
}

std::optional<RunState> run_state(const std::vector<Record>& records) {
  if (records.empty()) return std::nullopt;
  const auto* opened = std::get_if<event::Opened>(&records.front().event);
  if (opened == nullptr) return std::nullopt;
  RunState state{.opened = *opened, .previous = opened->previous};
  for (const auto& record : records) std::visit(Reader{state}, record.event);
  return state;
}

std::vector<std::string> runs_of(const Layout& layout) {
  std::vector<std::string> runs;
  if (!fs::is_directory(layout.runs())) return runs;
  for (const auto& entry : fs::directory_iterator(layout.runs()))
    if (fs::exists(layout.journal(entry.path().filename().string())))
      runs.push_back(entry.path().filename().string());
  std::ranges::sort(runs, std::ranges::greater{});
  return runs;
}

bool is_closed(const Layout& layout, const std::string& run) {
  return ends_closed(read_file_if_exists(layout.journal(run)).value_or(""));
}

std::optional<std::string> open_run(const Layout& layout) {
  // A deployment begins once the one before is closed, so an older journal without a close is the remains of
  // something else: damage, a restored backup. To undo it would undo what came after it.
  const auto runs = runs_of(layout);
  if (runs.empty() || is_closed(layout, runs.front())) return std::nullopt;
  return runs.front();
}

}  // namespace belay
