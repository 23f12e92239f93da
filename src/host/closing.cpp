#include "host/closing.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "drivers/health_probe.hpp"
#include "drivers/health_targets.hpp"
#include "edge/container.hpp"
#include "host/run.hpp"
#include "model/secrets.hpp"
#include "runtime/adoption.hpp"
#include "runtime/ownership.hpp"
#include "steps/way_back.hpp"

namespace belay {

namespace {

/// A release that comes back may be slower than a candidate is allowed to be: others are coming back beside
/// it, and there is nothing else to try.
constexpr auto least_patience_with_one_that_returns = std::chrono::seconds(60);
/// One that nobody touched has only to answer.
constexpr auto least_patience_with_one_that_runs = std::chrono::seconds(10);

/// What is known of the release before. The edge, if there is one, comes last: it finds the others' addresses
/// when it starts.
struct Previous {
  std::vector<PreviousContainer> containers;
  std::vector<std::string> missing;  // services that have no container
};

PreviousContainer as_found(const docker::Inspection& found, const std::string& service, Time began) {
  // One that is off now, and ended after the run had begun, ran when it began.
  const bool ran = found.container.on() || (found.container.state == "exited" && found.finished >= began);
  return {found.container.id,   found.container.name, service, ran,
          found.restart_policy, found.restart_maximum};
}

/// Before the create step has noted anything: the current release's containers and edge, as they are found.
Previous found_now(const Context& context, Time began) {
  Previous previous;
  const auto release = context.store.find(context.previous);
  if (!release) return previous;
  const auto ours = Ownership::of(context.engine, context.layout, *release);
  const auto add = [&](const docker::Container& container, const std::string& service) {
    if (label_of(container, label::nonce) == context.nonce) return;
    if (const auto found = context.engine.inspect(container.id))
      previous.containers.push_back(as_found(*found, service, began));
  };
  for (const auto& service : release->services) {
    const auto containers = ours.containers(service.name);
    for (const auto& container : containers) add(container, service.name);
    if (containers.empty() && goes_on_for_ever(service)) previous.missing.push_back(service.name);
  }
  for (const auto& edge : edges_of(context.engine, ours.project()))
    if (ours.is_ours(edge)) add(edge, edge_service);
  return previous;
}

Previous previous_of(const Context& context, Time began) {
  if (!noted<notes::PreviousContainers>(context.ledger)) return found_now(context, began);
  Previous previous{.containers = previous_containers(context), .missing = {}};
  for (const auto& container : unchanged_containers(context)) previous.containers.push_back(container);
  if (const auto edge = previous_edge(context)) previous.containers.push_back(*edge);
  // One that was stopped after the run had begun, and before create noted it.
  for (auto& container : previous.containers)
    if (const auto found = container.running ? std::nullopt : context.engine.inspect(container.id))
      container.running = as_found(*found, container.service, began).running;
  return previous;
}

struct Serving {
  bool running = false, healthy = false;
  std::string checked, started_again, trouble;
};

/// Empty: each of them runs.
std::string what_does_not_run(const Context& context, const Previous& previous) {
  for (const auto& service : previous.missing) return service + " has no container";
  for (const auto& container : previous.containers) {
    const auto found = container.running ? context.engine.inspect(container.id) : std::nullopt;
    if (container.running && (!found || !found->container.running()))
      return container.name + (found ? " does not run" : " is gone");
  }
  return {};
}

void ask_health(Context& context, const Previous& previous, std::chrono::milliseconds patience,
                Serving& serving) {
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
    const auto patient = asked.check.with_patience(patience);
    const auto verdict = ask_until_healthy(
        {.check = patient,
         .values = context.variables,
         .masks = masks_of(context.environment(), context.variables),
         .listens = [&] { return !ports.empty() && all_listen(ports); },
         .deadline = Deadline::in(std::max<std::chrono::milliseconds>(patience, asked.check.longest()))});
    serving.healthy = serving.healthy && verdict.healthy;
    add(verdict.finding + ", asked from the host");
  }
}

bool ran(const Previous& previous) {
  return std::ranges::any_of(previous.containers, [](const PreviousContainer& one) {
    return one.running && one.service != edge_service;
  });
}

/// Starts what has to run, and says what serves then.
Serving bring_back_and_look(Context& context, const Previous& was, bool touched,
                            const std::string& started_again) {
  Serving serving;
  std::optional<Error> trouble;
  serving.started_again = start_what_stopped(context, was.containers, trouble);
  if (!started_again.empty())
    serving.started_again =
        started_again + (serving.started_again.empty() ? "" : ", ") + serving.started_again;
  if (trouble) serving.trouble = trouble->message_and_why();
  auto previous = was;
  for (auto& container : previous.containers) container.id = id_now(context, container.id);
  if (const auto off = what_does_not_run(context, previous); !off.empty()) {
    serving.checked = off;
    return serving;
  }
  serving.running = ran(previous);
  const bool returns = touched || !serving.started_again.empty();
  if (serving.running)
    ask_health(context, previous,
               returns ? least_patience_with_one_that_returns : least_patience_with_one_that_runs, serving);
  return serving;
}

std::string sentence(const Serving& serving, bool touched) {
  std::string text;
  if (serving.healthy)
    text = touched ? "the release from before serves again" : "what serves was never touched";
  else if (serving.running)
    text = touched ? "the release from before runs again, but its health does not answer well"
                   : "the release from before runs, but its health does not answer well";
  else
    text = "the release from before could not be started again";
  if (!touched && !serving.started_again.empty())
    text = fmt::format("{} had stopped meanwhile and was started again{}", serving.started_again,
                       serving.healthy ? "" : "; " + text);
  return serving.trouble.empty() ? text : text + "; " + serving.trouble;
}

bool was_touched(const Context& context, const RunState& state) {
  return state.has_begun(StepName::switch_over) || state.has_begun(StepName::canary) ||
         (state.has_begun(StepName::start) && !something_served(context));
}

/// What is said where nothing is known to have run when the run began.
event::Closed nothing_ran(const Context& context, const Previous& previous, bool touched) {
  event::Closed closed;
  if (touched) {
    closed.outcome = RunOutcome::nothing_serves;
    closed.message = "this was the first release: there was nothing to go back to";
  } else if (!previous.containers.empty() || !previous.missing.empty()) {
    closed.outcome = RunOutcome::nothing_serves;
    closed.message = "nothing was serving before, and nothing was touched";
  } else {
    closed.outcome = RunOutcome::rolled_back;
    // Before create has looked, nobody knows what a server runs that belay never deployed to.
    closed.message = noted<notes::PreviousContainers>(context.ledger)
                         ? "nothing was serving, and nothing was touched"
                         : "what serves was never touched";
  }
  return closed;
}

Time beginning_of(const Journal& journal) {
  return journal.records().front().at;
}

}  // namespace

std::string backup_of(const Journal& journal) {
  std::string file;
  for (const auto& record : journal.records())
    if (const auto* noted = std::get_if<event::Noted>(&record.event))
      if (const auto dump = note_in<notes::BackupFile>(*noted)) file = dump->value;
  return file;
}

event::Closed close_undone(Context& context, const Journal& journal, const std::string& started_again) {
  const auto state = run_state(journal.records()).value();
  const bool touched = was_touched(context, state);
  const auto previous = previous_of(context, beginning_of(journal));
  event::Closed closed;
  if (!ran(previous)) {
    closed = nothing_ran(context, previous, touched);
  } else {
    const auto serving = bring_back_and_look(context, previous, touched, started_again);
    closed.checked = serving.checked;
    // What nobody touched, and runs as before, may have failed a health check of the new belay.yml all along.
    const bool as_before = serving.running && !touched && serving.started_again.empty();
    closed.outcome = serving.healthy || as_before ? RunOutcome::rolled_back : RunOutcome::nothing_serves;
    closed.serving = serving.running ? state.previous : std::string{};
    closed.message = sentence(serving, touched);
    if (!touched) closed.started_again = serving.started_again;
  }
  closed.backup = backup_of(journal);
  return closed;
}

}  // namespace belay
