#include "cli/run_summary.hpp"

#include <algorithm>

#include "model/notes.hpp"

namespace belay::cli {
namespace {

class Collector {
 public:
  explicit Collector(RunSummary& summary) : summary_(summary) {}

  void take(const Record& record) {
    at_ = record.at;
    summary_.ended = record.at;
    std::visit([this](const auto& event) { take(event); }, record.event);
  }

 private:
  void take(const event::Opened& opened) {
    summary_.plan = opened.plan;
    summary_.run = opened.run;
    summary_.previous = opened.previous;
    summary_.began = at_;
    const GateResult& gate = opened.plan.gate;
    if (!gate.skipped && gate.commands > 0) summary_.steps.push_back({"test", gate.took, false});
  }
  /// What was found when the candidate was made, such as a container that belay did not deploy.
  void take(const event::Noted& noted) {
    if (const auto adopted = note_in<notes::AdoptedRelease>(noted)) summary_.previous = adopted->value;
    if (auto edits = note_in<notes::ReplacedEdits>(noted)) summary_.replaced_edits = std::move(edits->value);
    if (auto said = note_in<notes::ComposeWarnings>(noted))
      summary_.compose_warnings = std::move(said->value);
    if (auto stale = note_in<notes::StaleAccessories>(noted)) summary_.accessories = std::move(stale->value);
    if (auto hooks = note_in<notes::FailedHooks>(noted, noted.step))
      take_hooks(noted.step, std::move(hooks->value));
  }
  void take(const event::StepBegan& began) {
    step_began_ = at_;
    summary_.unfinished = to_string(began.step);
    summary_.steps.push_back({to_string(began.step), {}, false});
  }
  void take(const event::StepDone& done) {
    summary_.unfinished.clear();
    if (auto* step = find(done.step)) {
      step->took = done.took;
      step->summary = done.summary;
    }
  }
  void take(const event::StepFailed& failed) {
    summary_.unfinished.clear();
    if (auto* step = find(failed.step)) {
      step->failed = true;
      step->took = at_ - step_began_;
    }
    if (!summary_.failure) summary_.failure = failed;
  }
  void take(const event::Recovering& recovering) { summary_.recovered_by = recovering.by; }
  void take(const event::UndoDone& undo) {
    summary_.undone.push_back({to_string(undo.step), true, undo.summary, "", undo.stays});
  }
  void take(const event::UndoFailed& undo) {
    summary_.undone.push_back({to_string(undo.step), false, undo.message, undo.why});
  }
  void take(const event::Committed&) { summary_.committed = at_; }
  /// Each note has all of its step so far.
  void take_hooks(StepName step, std::vector<FailedHook> failed) {
    auto& all = summary_.failed_hooks;
    const auto known = std::ranges::find(all, to_string(step), &RunSummary::Hooks::step);
    if (known == all.end())
      all.push_back({to_string(step), std::move(failed)});
    else
      known->failed = std::move(failed);
  }

  template <class Other>
  void take(const Other&) {}  // of the view, not of the report

  RunSummary::Step* find(StepName name) {
    const auto found = std::ranges::find(summary_.steps, to_string(name), &RunSummary::Step::name);
    return found == summary_.steps.end() ? nullptr : &*found;
  }

  RunSummary& summary_;
  Time at_{}, step_began_{};
};

}  // namespace

RunSummary summarise(const Ending& ending) {
  RunSummary summary;
  summary.run = ending.run;
  summary.closed = ending.closed;
  summary.held_back = ending.held_back;
  Collector collector(summary);
  for (const Record& record : ending.records) collector.take(record);
  return summary;
}

}  // namespace belay::cli
