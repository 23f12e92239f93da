#include "host/saga.hpp"

#include <algorithm>
#include <ranges>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/files.hpp"
#include "drivers/health_probe.hpp"
#include "drivers/health_targets.hpp"
#include "host/kept_logs.hpp"
#include "steps/step.hpp"
#include "steps/way_back.hpp"

namespace belay {

namespace {

constexpr int shown_log_lines = 50;
/// A release that served before may be slower to come back than a candidate is allowed to be: others are
/// coming back beside it, and there is nothing else to try.
constexpr auto least_patience_with_previous = std::chrono::seconds(60);

std::chrono::milliseconds since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
}

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

event::StepFailed failure_of(const Context& context, StepName step, const Error& error) {
  event::StepFailed failed{.step = step,
                           .message = error.message(),
                           .why = error.why(),
                           .next = error.next(),
                           .frames = error.frames(),
                           .container_log = {}};
  if (const auto files = environment_moved_on(context); !files.empty())
    failed.next += fmt::format(
        "{}{} changed since {} was made, and it came back with what it had then: belay rollback "
        "{} {} --current-env takes what is there now",
        failed.next.empty() ? "" : "\n", fmt::join(files, ", "), context.release, context.environment().name,
        context.release);
  try {
    add_log(context, step, failed);
    failed.logs = keep_logs(context);
  } catch (const Error& no_log) {
    // What was read already is worth more than that the rest could not be kept.
    failed.container_log.push_back("(no log: " + no_log.message_and_why() + ")");
  }
  return failed;
}

/// True if the step ended well. Here, and nowhere deeper, a step's Error becomes a record.
bool run_step(Context& context, Journal& journal, StepName step) {
  const auto began = std::chrono::steady_clock::now();
  journal.append(event::StepBegan{step});
  try {
    if (context.stop.stop_requested()) throw Error("cancelled", "the deployment was asked to stop", {});
    auto summary = step_of(step).apply(context);
    journal.append(event::StepDone{step, since(began), std::move(summary)});
    return true;
  } catch (const Error& error) {
    journal.append(failure_of(context, step, error));
  } catch (const std::exception& error) {
    // Not an Error of ours: memory, or a defect. The release is undone all the same.
    journal.append(
        failure_of(context, step, Error("an unexpected failure", error.what(), "please report it")));
  }
  return false;
}

/// Newest first; a step whose undo fails does not keep the older ones from being undone. True if all went
/// well.
bool undo_steps(Context& context, Journal& journal) {
  context.stop = {};  // nothing stops an undo
  bool all = true;
  const auto state = state_of(journal);
  const bool first_release_left =
      (state.has_begun(StepName::start) || state.has_begun(StepName::switch_over)) &&
      !something_served(context);
  for (const auto step : state.begun | std::views::reverse) {
    if (step == StepName::commit || step == StepName::settle || state.was_undone(step)) continue;
    // The first release's container stays for its logs, and so do its image and its source.
    const bool kept =
        first_release_left && (step == StepName::create || step == StepName::build || step == StepName::sync);
    journal.append(event::UndoBegan{step});
    try {
      journal.append(event::UndoDone{step, kept ? "kept, for its logs" : step_of(step).undo(context)});
    } catch (const std::exception& error) {
      all = false;
      const auto* ours = dynamic_cast<const Error*>(&error);
      journal.append(event::UndoFailed{step, error.what(), ours != nullptr ? ours->why() : std::string{}});
    }
  }
  return all;
}

std::string backup_of(const Journal& journal) {
  std::string file;
  for (const auto& record : journal.records())
    if (const auto* noted = std::get_if<event::Noted>(&record.event))
      if (const auto dump = note_in<notes::BackupFile>(*noted)) file = dump->value;
  return file;
}

struct Serving {
  bool running = false, healthy = false;
  std::string checked;
};

/// Looks at what serves now, after an undo: the containers from before, and the health they answer with.
Serving look_at_previous(Context& context) {
  Serving serving;
  for (const auto& previous : previous_containers(context)) {
    if (!previous.running) continue;
    const auto inspection = context.engine.inspect(previous.id);
    serving.running = inspection && inspection->container.running();
    if (!serving.running) {
      serving.checked = previous.name + " does not run";
      return serving;
    }
  }
  if (!serving.running) return serving;
  const auto checks = context.environment().checks();
  serving.healthy = true;
  if (checks.empty()) serving.checked = "its containers run; no health URL is configured";
  std::vector<docker::Inspection> containers;
  for (const auto& previous : previous_containers(context))
    if (auto inspection = context.engine.inspect(previous.id)) containers.push_back(std::move(*inspection));
  const auto ports = asked_ports(health_targets(context.environment(), std::move(containers)));
  for (const auto& asked : checks) {
    const auto check = asked.check.with_patience(least_patience_with_previous);
    const auto verdict = ask_until_healthy({.check = check,
                                            .listens = [&] { return !ports.empty() && all_listen(ports); },
                                            .deadline = Deadline::in(std::max<std::chrono::milliseconds>(
                                                least_patience_with_previous, asked.check.longest()))});
    serving.healthy = serving.healthy && verdict.healthy;
    serving.checked += (serving.checked.empty() ? "" : "; ") + verdict.finding + ", asked from the host";
  }
  return serving;
}

event::Closed close_undone(Context& context, const Journal& journal, bool undone) {
  const auto state = state_of(journal);
  const bool touched = state.has_begun(StepName::switch_over) || state.has_begun(StepName::canary) ||
                       (state.has_begun(StepName::start) && !something_served(context));
  event::Closed closed{.backup = backup_of(journal)};
  if (!touched) {
    closed.serving = state.previous;
    closed.outcome = RunOutcome::rolled_back;
    // Before create has looked, nobody knows what a server runs that belay never deployed to.
    const bool looked = noted<notes::PreviousContainers>(context.ledger).has_value();
    closed.message = looked && !something_served(context) ? "nothing was serving, and nothing was touched"
                                                          : "what serves was never touched";
  } else if (!something_served(context)) {
    closed.outcome = RunOutcome::nothing_serves;
    closed.message = "this was the first release: there was nothing to go back to";
  } else {
    const auto serving = look_at_previous(context);
    closed.checked = serving.checked;
    closed.outcome = serving.healthy ? RunOutcome::rolled_back : RunOutcome::nothing_serves;
    closed.serving = serving.running ? state.previous : std::string{};
    closed.message = serving.healthy ? "the release from before serves again"
                     : serving.running
                         ? "the release from before runs again, but its health does not answer well"
                         : "the release from before could not be started again";
  }
  if (!undone) closed.message += "; not everything could be undone: see the records above";
  return closed;
}

event::Closed go_back(Context& context, Journal& journal) {
  const bool undone = undo_steps(context, journal);
  return close_undone(context, journal, undone);
}

/// After the commit, or after the decision to leave a failed release in place: only forward.
event::Closed go_forward(Context& context, Journal& journal, RunOutcome outcome) {
  context.stop = {};
  context.watch.reset();
  context.traffic.reset();
  const bool settled = run_step(context, journal, StepName::settle);
  const auto finding = noted<notes::HealthFinding>(context.ledger);
  return {
      .outcome = outcome,
      .serving = context.release,
      .checked = finding ? finding->value : std::string{},
      .backup = backup_of(journal),
      .message = settled
                     ? std::string{}
                     : "the release serves, but tidying up after it failed; the next deployment tries again"};
}

}  // namespace

event::Closed execute(Context& context, Journal& journal) {
  for (const auto step : context.plan.steps) {
    if (step == StepName::settle) continue;
    if (step == StepName::commit) {
      journal.append(event::StepBegan{StepName::commit});
      journal.append(event::Committed{context.release});
      journal.append(event::StepDone{StepName::commit, {}, {}});
      continue;
    }
    if (run_step(context, journal, step)) continue;
    const bool switched = state_of(journal).has_begun(StepName::switch_over);
    if (switched && !context.environment().rollback && context.plan.kind == Plan::Kind::deploy) {
      journal.append(noted_event(notes::LeftInPlace{}));
      return go_forward(context, journal, RunOutcome::left_in_place);
    }
    return go_back(context, journal);
  }
  return go_forward(context, journal, RunOutcome::deployed);
}

event::Closed recover(Context& context, Journal& journal, const std::string& by) {
  journal.append(event::Recovering{by});
  const auto state = state_of(journal);
  if (state.committed) return go_forward(context, journal, RunOutcome::deployed);
  if (state.left_in_place) return go_forward(context, journal, RunOutcome::left_in_place);
  return go_back(context, journal);
}

}  // namespace belay
