#include "saga/late_hooks.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "saga/closing.hpp"
#include "saga/run.hpp"
#include "steps/hooks.hpp"

namespace belay {

namespace {

/// A hook may take the machine down: then it must not do so after each boot.
constexpr auto most_beginnings = 2;

std::vector<Hook::At> points_after(const Context& context, const RunState& state,
                                   const event::Closed& closed) {
  if (closed.outcome == RunOutcome::deployed) return {Hook::At::after_commit};
  if (closed.outcome == RunOutcome::rolled_back && went_back(context, state))
    return {Hook::At::after_rollback, Hook::At::on_failure};
  return {Hook::At::on_failure};
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string outcome_text(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::deployed:
      return "deployed";
    case RunOutcome::rolled_back:
      return "rolled-back";
    case RunOutcome::nothing_serves:
    case RunOutcome::left_in_place:
      break;
  }
  return "failed";
}

/// The step that began last and did not end, where a process died instead of a step failing.
std::string broken_step(const RunState& state) {
  const auto broken = std::ranges::find_if(state.begun, [&](StepName step) {
    return !state.is_done(step) && !is_after_outcome(step) && step != StepName::commit;
  });
  return broken == state.begun.end() ? std::string{} : to_string(*broken);
}

HookNews news_of(const RunState& state, const event::Closed& closed) {
  HookNews news{.outcome = outcome_text(closed.outcome)};
  if (closed.outcome == RunOutcome::deployed) return news;
  if (state.failure) {
    const auto& failed = *state.failure;
    news.failed_step = to_string(failed.step);
    news.error = first_line(failed.message) + (failed.why.empty() ? "" : ": " + first_line(failed.why));
  } else {
    news.failed_step = broken_step(state);
    news.error = "the process that ran the deployment died";
  }
  return news;
}

auto beginnings_of(const Journal& journal, StepName step) {
  return std::ranges::count_if(journal.records(), [&](const Record& record) {
    const auto* began = std::get_if<event::StepBegan>(&record.event);
    return began != nullptr && began->step == step;
  });
}

/// A line for people. What goes wrong here is told, and fails nothing: the outcome is certain.
std::string attempt(Context& context, Hook::At at, const HookNews& news) {
  try {
    return run_hooks(context, at, news);
  } catch (const std::exception& error) {
    note(context.ledger, step_of_hooks(at),
         notes::FailedHooks{{{to_string(step_of_hooks(at)), error.what()}}});
    return std::string("failed: ") + error.what();
  }
}

void run_point(Context& context, Journal& journal, Hook::At at, const HookNews& news) {
  const auto step = step_of_hooks(at);
  const auto began = SteadyClock::now();
  if (beginnings_of(journal, step) >= most_beginnings) {
    const std::string why = "belay died twice while they ran, and does not run them again";
    note(context.ledger, step, notes::FailedHooks{{{to_string(step), why}}});
    journal.try_append(event::StepDone{step, {}, why});
    return;
  }
  // Without this record they would begin again with each try to close the run. An Error here is such a try.
  journal.append(event::StepBegan{step});
  auto summary = attempt(context, at, news);
  journal.try_append(event::StepDone{step, since(began), std::move(summary)});
}

bool is_due(const Context& context, const RunState& state, Hook::At at) {
  return !hooks_at(context.environment().hooks, at).empty() && !state.is_done(step_of_hooks(at));
}

}  // namespace

void run_late_hooks(Context& context, Journal& journal, const event::Closed& closed) {
  const auto state = run_state(journal.records()).value();
  const auto news = news_of(state, closed);
  for (const auto at : points_after(context, state, closed))
    if (is_due(context, state, at)) run_point(context, journal, at, news);
}

std::function<bool()> hooks_that_may_help(Context& context, Journal& journal) {
  const auto state = run_state(journal.records()).value();
  if (!went_back(context, state) || !is_due(context, state, Hook::At::after_rollback)) return {};
  return [&context, &journal, state] {
    run_point(context, journal, Hook::At::after_rollback,
              news_of(state, {.outcome = RunOutcome::rolled_back}));
    return true;
  };
}

}  // namespace belay
