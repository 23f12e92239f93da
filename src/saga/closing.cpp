#include "saga/closing.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/clock.hpp"
#include "drivers/container_watch.hpp"
#include "drivers/health_probe.hpp"
#include "drivers/health_targets.hpp"
#include "edge/container.hpp"
#include "edge/traffic.hpp"
#include "model/secrets.hpp"
#include "saga/run.hpp"
#include "steps/way_back.hpp"
#include "steps/what_served.hpp"

namespace belay {

namespace {

/// A release that comes back may be slower than a candidate is allowed to be: others are coming back beside
/// it, and there is nothing else to try.
constexpr auto least_patience_with_one_that_returns = std::chrono::seconds(60);
constexpr int most_rounds = 4;
/// One that nobody touched has only to answer, and a hook that may help is not kept waiting.
constexpr auto least_patience_with_one_that_runs = std::chrono::seconds(10);

struct Patience {
  std::chrono::milliseconds least;
  bool as_with_a_candidate;  // as many attempts as a new release has

  std::chrono::milliseconds with(const HealthCheck& check) const {
    return std::max(least, as_with_a_candidate ? check.longest() : check.longest_when_healthy());
  }
};

struct Serving {
  bool running = false, healthy = false;
  std::vector<std::string> started_again;
  std::string checked, trouble;
};

/// Empty: each of them runs, or has done its work.
std::string what_does_not_run(const Context& context, const WhatServed& previous) {
  for (const auto& service : previous.missing) return service + " has no container";
  for (const auto& container : previous.containers) {
    const auto found = container.running ? context.engine.inspect(container.id) : std::nullopt;
    if (found && found->ended_well() && !is_kept_running(found->restart_policy)) continue;
    if (container.running && (!found || !found->container.running()))
      return container.name + (found ? " does not run" : " is gone");
  }
  return {};
}

void ask_health(Context& context, const WhatServed& previous, const Patience& patience, Serving& serving) {
  const auto checks = context.environment().checks();
  serving.healthy = true;
  if (checks.empty()) serving.checked = "its containers run; no health URL is configured";
  std::vector<docker::Inspection> containers;
  for (const auto& one : previous.containers)
    if (auto found = context.engine.inspect(one.id)) containers.push_back(std::move(*found));
  const auto ports =
      asked_ports(health_targets(context.environment(), std::move(containers), context.variables));
  const auto add = [&](const std::string& finding) {
    serving.checked += (serving.checked.empty() ? "" : "; ") + finding;
  };
  for (const auto& asked : checks) {
    // Going back must not need a secret: the process that had the values may be gone.
    if (const auto lost = asked.check.missing(context.variables); !lost.empty()) {
      add(
          fmt::format("its containers run; GET {} was not asked, since {} was known only to the process that "
                      "died",
                      asked.check.shown_url(), fmt::join(lost, ", ")));
      continue;
    }
    const auto patient = asked.check.with_patience(patience.least);
    const auto verdict = ask_until_healthy({.check = patient,
                                            .values = context.variables,
                                            .masks = masks_of(context.environment(), context.variables),
                                            .listens = [&] { return !ports.empty() && all_listen(ports); },
                                            .deadline = Deadline::in(patience.with(asked.check))});
    serving.healthy = serving.healthy && verdict.healthy;
    add(verdict.finding + ", asked from the host");
  }
}

bool ran(const WhatServed& previous) {
  return std::ranges::any_of(previous.containers, [](const PreviousContainer& one) {
    return one.running && one.service != edge_service;
  });
}

/// Starts what has to run. The containers have new ids then, where they were made again.
void bring_back(Context& context, WhatServed& served, Serving& serving) {
  std::optional<Error> trouble;
  for (auto& name : start_what_stopped(context, served.containers, trouble))
    if (std::ranges::find(serving.started_again, name) == serving.started_again.end())
      serving.started_again.push_back(std::move(name));
  serving.trouble = trouble ? trouble->message_and_why() : std::string{};
  for (auto& container : served.containers) container.id = id_now(context, container.id);
}

/// Starts what has to run, and says what serves then. Somebody may take down what was just started: then it
/// is started once more, but not for ever.
Serving bring_back_and_look(Context& context, WhatServed previous, bool patiently,
                            std::vector<std::string> started_again) {
  Serving serving{.started_again = std::move(started_again)};
  for (int rounds = 0; rounds < most_rounds; ++rounds) {
    bring_back(context, previous, serving);
    serving.running = serving.healthy = false;
    serving.checked = what_does_not_run(context, previous);
    if (!serving.checked.empty()) continue;
    serving.running = ran(previous);
    if (!serving.running) break;
    ask_health(context, previous,
               patiently || !serving.started_again.empty()
                   ? Patience{least_patience_with_one_that_returns, true}
                   : Patience{least_patience_with_one_that_runs, false},
               serving);
    const auto off = serving.healthy ? std::string{} : what_does_not_run(context, previous);
    if (off.empty()) break;
    serving.running = false;
    serving.checked = off;
  }
  return serving;
}

std::string sentence(const Serving& serving, bool touched) {
  std::string text;
  if (serving.healthy)
    text = touched ? "the previous release serves again" : "the current release was never touched";
  else if (serving.running)
    text = touched ? "the previous release runs again, but its health check fails"
                   : "the previous release runs, but its health check fails";
  else
    text = "the previous release could not be started again";
  if (!touched && !serving.started_again.empty())
    text = fmt::format("{} had stopped meanwhile and was started again{}",
                       fmt::join(serving.started_again, ", "), serving.healthy ? "" : "; " + text);
  return serving.trouble.empty() ? text : text + "; " + serving.trouble;
}

/// How long requests are waited for that tell whether what serves answers well, and how many are enough.
constexpr auto longest_look_at_traffic = std::chrono::seconds(3);
constexpr std::int64_t enough_requests = 50;

/// One URL that answers well is not all: an older release may meet a database that was migrated. What the
/// edge passes on in a short time tells.
std::string bad_answers_of(const Context& context, const WhatServed& serving) {
  const auto edge = std::ranges::find(serving.containers, edge_service, &PreviousContainer::service);
  const auto found =
      edge == serving.containers.end() ? std::nullopt : context.engine.inspect(id_now(context, edge->id));
  if (!found || !found->container.running()) return {};
  try {
    const PassedOn before(context.layout, found->container);
    const auto over = Deadline::in(longest_look_at_traffic);
    while (true) {
      const auto count = PassedOn(context.layout, found->container).since(before);
      if (count.requests >= enough_requests || over.expired())
        return bad_answers_text(count, usual_answers(context));
      pause(std::chrono::milliseconds(100));
    }
  } catch (const Error&) {  // an edge that does not answer says nothing
    return {};
  }
}

bool was_touched(const Context& context, const RunState& state) {
  return state.has_begun(StepName::switch_over) || state.has_begun(StepName::canary) ||
         (state.has_begun(StepName::start) && !something_served(context));
}

/// What is said where nothing is known to have run when the run began.
event::Closed nothing_ran(const Context& context, const WhatServed& previous, bool touched) {
  event::Closed closed;
  if (touched) {
    closed.outcome = RunOutcome::nothing_serves;
    closed.message = "this was the first release: there was no release to roll back to";
  } else if (!previous.containers.empty() || !previous.missing.empty()) {
    closed.outcome = RunOutcome::nothing_serves;
    closed.message = "nothing was serving before, and nothing was touched";
  } else {
    closed.outcome = RunOutcome::rolled_back;
    // Before create has looked, nobody knows what a server runs that belay never deployed to.
    closed.message = noted<notes::PreviousContainers>(context.ledger)
                         ? "nothing was serving, and nothing was touched"
                         : "the current release was never touched";
  }
  return closed;
}

}  // namespace

bool went_back(const Context& context, const RunState& state) {
  return was_touched(context, state) || state.has_begun(StepName::before_switch);
}

std::string backup_of(const Journal& journal) {
  std::string file;
  for (const auto& record : journal.records())
    if (const auto* noted = std::get_if<event::Noted>(&record.event))
      if (const auto dump = note_in<notes::BackupFile>(*noted)) file = dump->value;
  return file;
}

event::Closed close_undone(Context& context, const Journal& journal, std::vector<std::string> started_again,
                           const std::function<bool()>& run_hooks) {
  const auto state = run_state(journal.records()).value();
  const bool touched = was_touched(context, state);
  const auto previous = what_served(context);
  event::Closed closed;
  if (!ran(previous)) {
    closed = nothing_ran(context, previous, touched);
  } else {
    auto serving = bring_back_and_look(context, previous, touched && !run_hooks, std::move(started_again));
    if (serving.running && !serving.healthy && run_hooks && run_hooks())
      serving = bring_back_and_look(context, previous, touched, std::move(serving.started_again));
    closed.checked = serving.checked;
    // What nobody touched, and runs as before, may have failed a health check of the new belay.yml all along.
    const bool as_before = serving.running && !touched && serving.started_again.empty();
    closed.outcome = serving.healthy || as_before ? RunOutcome::rolled_back : RunOutcome::nothing_serves;
    closed.serving = serving.running ? state.previous : std::string{};
    closed.message = sentence(serving, touched);
    if (serving.running && (touched || state.has_begun(StepName::migrate)))
      closed.errors = bad_answers_of(context, previous);
    if (!closed.errors.empty()) {
      closed.outcome = RunOutcome::nothing_serves;
      closed.message += "; it " + closed.errors;
    }
    if (!touched) closed.started_again = fmt::format("{}", fmt::join(serving.started_again, ", "));
  }
  closed.backup = backup_of(journal);
  return closed;
}

}  // namespace belay
