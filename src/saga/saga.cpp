#include "saga/saga.hpp"

#include <algorithm>
#include <ranges>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "edge/traffic.hpp"
#include "saga/closing.hpp"
#include "saga/kept_logs.hpp"
#include "saga/late_hooks.hpp"
#include "steps/attempt_edge.hpp"
#include "steps/made_again.hpp"
#include "steps/readiness.hpp"
#include "steps/step.hpp"
#include "steps/way_back.hpp"
#include "steps/what_served.hpp"

namespace belay {

namespace {

constexpr int shown_log_lines = 50;

RunState state_of(const Journal& journal) {
  return run_state(journal.records()).value();
}

/// The container that a failed step is about: of a migration its own, else the one that the step named, else
/// the first candidate that said anything.
std::vector<docker::Container> suspects(const Context& context, StepName step) {
  auto containers = made_by_this_attempt(context, step == StepName::migrate ? "migration" : "candidate");
  std::ranges::stable_partition(containers, [&](const auto& one) { return one.id == context.at_fault; });
  return containers;
}

void add_log(const Context& context, StepName step, event::StepFailed& failed) {
  for (const auto& container : suspects(context, step)) {
    auto lines = context.engine.last_log_lines(container.id, shown_log_lines);
    if (lines.empty() && container.id != context.at_fault) continue;
    failed.container = container.name;
    failed.container_log = std::move(lines);
    return;
  }
}

void watch_what_serves(Context& context) {
  if (context.serving && !context.serving->lost().empty()) return;  // the step after this one says so
  context.serving =
      std::make_unique<ServingWatch>(context.engine, what_served(context).containers,
                                     [cancel = context.cancel]() mutable { cancel.request_stop(); });
}

/// Where somebody took down what serves, that is the reason, whatever the step says that ended over it.
Error reason_of(const Context& context, const Error& error) {
  const auto lost = context.serving ? context.serving->lost() : std::string{};
  if (lost.empty()) return error;
  Error reason("the release that serves was stopped or removed, but not by belay", lost,
               fmt::format("while a deployment is under way, leave its containers alone: docker compose up, "
                           "stop and rm in {} do this",
                           context.layout.live.string()));
  for (const auto& frame : error.frames()) reason.add_frame(frame);
  return reason;
}

event::StepFailed failure_of(const Context& context, StepName step, const Error& failure) {
  const auto error = reason_of(context, failure);
  event::StepFailed failed{.step = step,
                           .message = error.message(),
                           .why = error.why(),
                           .next = error.next(),
                           .frames = error.frames(),
                           .container_log = {}};
  if (const auto files = environment_moved_on(context); !files.empty())
    failed.next += fmt::format(
        "{}{} changed since {} was made, and the release came back with the old contents: belay rollback {} "
        "{} --current-env uses today's contents",
        failed.next.empty() ? "" : "\n", fmt::join(files, ", "), context.release, context.environment().name,
        context.release);
  if (step == StepName::settle) return failed;  // it is no fault of a container's
  const bool has_own_words = hooks_of_step(step).has_value();
  try {
    if (!has_own_words) add_log(context, step, failed);
    failed.logs = keep_logs(context);
  } catch (const Error& no_log) {
    // What was read already is worth more than that the rest could not be kept.
    failed.container_log.push_back("(no log: " + no_log.message_and_why() + ")");
  }
  return failed;
}

void throw_if_cancelled(const Context& context) {
  if (context.stop.stop_requested()) throw Error("cancelled", "the deployment was asked to stop", {});
}

/// True if the step ended well. Here, and nowhere deeper, a step's Error becomes a record. A step before the
/// commit whose beginning cannot be recorded is not begun, and has failed.
bool run_step(Context& context, Journal& journal, StepName step) {
  const auto began = SteadyClock::now();
  try {
    throw_if_cancelled(context);  // then it is not begun, and there is nothing of it to undo
    if (step == StepName::settle)
      journal.try_append(event::StepBegan{step});  // after the commit the act is worth more than its record
    else
      journal.append(event::StepBegan{step});
    throw_if_cancelled(context);  // while that was written
    auto summary = step_of(step).apply(context);
    if (step == StepName::preflight || step == StepName::create) watch_what_serves(context);
    journal.append(event::StepDone{step, since(began), std::move(summary)});
    return true;
  } catch (const Error& error) {
    journal.try_append(failure_of(context, step, error));
  } catch (const std::exception& error) {
    // Not an Error of ours: memory, or a defect. The release is undone all the same.
    journal.try_append(
        failure_of(context, step, Error("an unexpected failure", error.what(), "please report it")));
  }
  return false;
}

/// Whether the switch has touched what serves.
bool was_switched(const Context& context) {
  return noted<notes::CurrentStops>(context.ledger) ||
         noted<notes::EdgeTurns>(context.ledger, StepName::switch_over);
}

/// From the commit on the candidates have to serve: settle makes them again if others remove one.
void keep_whole_candidate(Context& context) {
  require_whole(context, keep_candidates(context, release_of(context)));
}

/// Of a failed release that is left in place, what is there.
void keep_what_is_left(Context& context) {
  try {
    keep_candidates(context, release_of(context));
  } catch (const Error& error) {
    context.ledger.output(StepName::settle, "the candidate is not kept: " + error.message_and_why());
  }
}

/// True if the commit is on the disk.
bool commit(Context& context, Journal& journal) {
  try {
    journal.append(event::StepBegan{StepName::commit});
    keep_whole_candidate(context);
    journal.append(event::Committed{context.release});
  } catch (const Error& error) {
    journal.try_append(failure_of(context, StepName::commit, error));
    return false;
  }
  journal.try_append(event::StepDone{StepName::commit, {}, {}});
  return true;
}

/// From here on neither a cancel nor an Engine that is away nor a full disk ends what is done.
void nothing_stops(Context& context) {
  context.stop = {};
  context.ledger.acts_come_first();
  context.engine = context.engine.never_giving_up();
}

/// Newest first; a step whose undo fails does not keep the older ones from being undone. Returns what could
/// not be undone; empty: all is.
std::string undo_steps(Context& context, Journal& journal) {
  std::string unfinished;
  const auto state = state_of(journal);
  const bool first_release_left =
      (state.has_begun(StepName::start) || state.has_begun(StepName::switch_over)) &&
      !something_served(context);
  for (const auto step : state.begun | std::views::reverse) {
    if (step == StepName::commit || step == StepName::settle || is_after_outcome(step) ||
        state.was_undone(step))
      continue;
    // The first release's container stays for its logs, and so do its image and its source.
    const bool kept =
        first_release_left && (step == StepName::create || step == StepName::build || step == StepName::sync);
    journal.try_append(event::UndoBegan{step});
    try {
      journal.try_append(event::UndoDone{.step = step,
                                         .summary = kept ? "kept, for its logs" : step_of(step).undo(context),
                                         .stays = kept || step == StepName::migrate || hooks_of_step(step)});
    } catch (const std::exception& error) {
      const auto* ours = dynamic_cast<const Error*>(&error);
      journal.try_append(
          event::UndoFailed{step, error.what(), ours != nullptr ? ours->why() : std::string{}});
      unfinished += fmt::format("{}{} could not be undone", unfinished.empty() ? "" : ", ", to_string(step));
    }
  }
  return unfinished;
}

/// First of all where somebody took down what serves. Returns whom it started again.
std::vector<std::string> bring_back_what_served(Context& context) {
  if (!context.serving || context.serving->lost().empty()) return {};
  std::optional<Error> trouble;  // found again, and told, when the run is closed
  return start_what_stopped(context, what_served(context).containers, trouble);
}

event::Closed go_back(Context& context, Journal& journal) {
  nothing_stops(context);
  auto started_again = bring_back_what_served(context);
  context.serving.reset();
  const auto before = state_of(journal).closed_before;
  auto unfinished = undo_steps(context, journal);
  // What was found to serve then was told; what people did since is theirs.
  auto closed =
      before && before->outcome == RunOutcome::rolled_back
          ? *before
          : close_undone(context, journal, std::move(started_again), hooks_that_may_help(context, journal));
  closed.unfinished = std::move(unfinished);
  return closed;
}

/// A run that was about to be closed has them no more.
void keep_bodies_again(Context& context) {
  if (fs::exists(context.layout.kept_bodies(context.run))) return;
  try {
    keep_bodies(context, {what_served(context).containers});
  } catch (const Error& error) {  // going back needs them only if others remove a container meanwhile
    context.ledger.output(StepName::preflight,
                          "the release that serves could not be kept: " + error.message_and_why());
  }
}

/// Why the step ended badly the last time.
std::string last_failure_of(const Journal& journal) {
  const auto failure = state_of(journal).failure;
  if (!failure) return "it did not end";
  return failure->why.empty() ? failure->message : failure->message + ": " + failure->why;
}

/// What the edge has passed on to the release that serves now; empty: there is no edge, or it does not
/// answer.
std::optional<PassedOn> passed_on(const Context& context) {
  if (!context.environment().edge) return std::nullopt;
  try {
    const auto edge = edge_of_this_attempt(context);
    if (edge && edge->running()) return PassedOn(context.layout, *edge);
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
  }
  return std::nullopt;
}

/// After the commit, or after the decision to leave a failed release in place: only forward.
event::Closed go_forward(Context& context, Journal& journal, RunOutcome outcome) {
  nothing_stops(context);
  context.watch.reset();
  context.traffic.reset();
  const auto before = passed_on(context);
  const bool settled = run_step(context, journal, StepName::settle);
  const auto after = before ? passed_on(context) : std::nullopt;
  const auto finding = noted<notes::HealthFinding>(context.ledger);
  return {.outcome = outcome,
          .serving = context.release,
          .checked = finding ? finding->value : std::string{},
          .backup = backup_of(journal),
          .message = {},
          .errors = after ? bad_answers_text(after->since(*before), usual_answers(context)) : std::string{},
          .unfinished = settled ? std::string{} : last_failure_of(journal)};
}

/// Runs the plan's steps up to the commit, then goes forward or back.
event::Closed run_steps(Context& context, Journal& journal) {
  for (const auto step : context.plan.steps) {
    if (step == StepName::settle || is_after_outcome(step)) continue;
    if (step == StepName::switch_over && context.serving && context.serving->lost().empty())
      context.serving.reset();  // from here on belay stops it
    if (step == StepName::commit ? commit(context, journal) : run_step(context, journal, step)) continue;
    if (was_switched(context) && !context.environment().rollback && context.plan.kind == Plan::Kind::deploy) {
      keep_what_is_left(context);
      journal.append(noted_event(notes::LeftInPlace{}));
      return go_forward(context, journal, RunOutcome::left_in_place);
    }
    return go_back(context, journal);
  }
  return go_forward(context, journal, RunOutcome::deployed);
}

event::Closed go_on(Context& context, Journal& journal) {
  const auto state = state_of(journal);
  if (state.committed) return go_forward(context, journal, RunOutcome::deployed);
  if (state.left_in_place) return go_forward(context, journal, RunOutcome::left_in_place);
  keep_bodies_again(context);
  return go_back(context, journal);
}

}  // namespace

event::Closed execute(Context& context, Journal& journal) {
  auto closed = run_steps(context, journal);
  run_late_hooks(context, journal, closed);
  return closed;
}

event::Closed recover(Context& context, Journal& journal, const std::string& by) {
  journal.try_append(event::Recovering{by});
  auto closed = go_on(context, journal);
  run_late_hooks(context, journal, closed);
  return closed;
}

}  // namespace belay
