#include "steps/hooks.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/human.hpp"
#include "base/process.hpp"
#include "drivers/compose_files.hpp"
#include "model/last_lines.hpp"
#include "model/shell_command.hpp"
#include "runtime/ownership.hpp"
#include "steps/one_off.hpp"
#include "steps/step.hpp"

namespace belay {

namespace {

constexpr std::size_t shown_on_failure = 20;
constexpr auto role = "hook";
/// In the environment of each command in a container: so the command and what it started can be found there.
constexpr auto mark = "BELAY_HOOK";
constexpr auto ending_takes = std::chrono::seconds(20);
/// The controller ends a hook at its limit. The host waits longer for the answer that says so.
constexpr auto answer_takes = std::chrono::seconds(15);

/// One hook while it runs. Each function that runs it returns why it failed; empty: it succeeded.
struct Running {
  Context& context;
  const Hook& hook;
  std::size_t number;  // among those of its point, from 1
  Values environment;  // of belay's own variables
  std::stop_token stop;
  Deadline deadline;
  LastLines last{shown_on_failure};

  StepName step() const { return step_of_hooks(hook.at); }
  void print(const std::string& line) {
    last.add(line);
    context.ledger.output(step(), line);
  }
  /// Why it was ended, if belay ended it.
  std::string ended() const {
    if (stop.stop_requested()) return "cancelled";
    if (deadline.expired()) return last.behind("no end after " + human_duration(hook.timeout));
    return {};
  }
  std::string failure_of(int code) const {
    return code == 0 ? std::string{} : last.behind(fmt::format("exit code {}", code));
  }
  std::string mark_value() const { return fmt::format("{}-{}-{}", context.nonce, to_string(step()), number); }
};

/// The commit of a rollback is that of the release that comes back.
Commit commit_of(const Context& context) {
  if (!context.plan.commit.id.empty()) return context.plan.commit;
  const auto release = context.store.find(context.release);
  return release ? release->commit : context.plan.commit;
}

Values environment_of(const Context& context, const HookNews& news) {
  const auto commit = commit_of(context);
  return {{"BELAY_APP", context.plan.app},    {"BELAY_ENVIRONMENT", context.environment().name},
          {"BELAY_RELEASE", context.release}, {"BELAY_COMMIT", commit.id},
          {"BELAY_VERSION", commit.version},  {"BELAY_PREVIOUS", context.previous},
          {"BELAY_OUTCOME", news.outcome},    {"BELAY_FAILED_STEP", news.failed_step},
          {"BELAY_ERROR", news.error}};
}

/// After the outcome no wait for the Docker Engine may hold up the end of the run.
docker::Engine engine_for(const Running& running) {
  const auto& engine = running.context.engine;
  return is_before_commit(running.hook.at) ? engine : engine.with(std::nullopt);
}

bool is_candidate(const Context& context, const docker::Container& container) {
  return label_of(container, label::nonce) == context.nonce;
}

/// The project's containers of a service, as a kept release knows the project. Where belay has never
/// deployed, the containers that compose made in the live directory.
std::vector<docker::Container> containers_of(const Context& context, const docker::Engine& engine,
                                             const std::string& service) {
  for (const auto& id : {context.release, context.previous})
    if (const auto release = context.store.find(id))
      return Ownership::of(engine, context.layout, *release).containers(service);
  const auto& environment = context.environment();
  const auto directory = environment.has_compose_on_host()
                             ? fs::path(environment.compose.front()).parent_path()
                             : context.layout.live / fs::path(compose_file_of(context)).parent_path();
  auto found = engine.containers({fmt::format("{}={}", compose_label::service, service),
                                  fmt::format("{}=False", compose_label::oneoff)});
  std::erase_if(found, [&](const docker::Container& one) {
    return !Ownership(engine, label_of(one, compose_label::project), context.layout, directory).is_ours(one);
  });
  return found;
}

/// The service's running container that the point is about: after the switch the candidate's, else the one
/// that serves. Of several the one with the first name.
std::optional<docker::Container> container_for(const Running& running, const docker::Engine& engine) {
  const auto& context = running.context;
  auto found = containers_of(context, engine, running.hook.service);
  std::erase_if(found, [](const docker::Container& one) { return !one.running(); });
  const bool candidate_first =
      running.hook.at == Hook::At::after_switch || running.hook.at == Hook::At::after_commit;
  const auto best = std::ranges::min_element(found, {}, [&](const docker::Container& one) {
    return std::pair(is_candidate(context, one) != candidate_first, one.name);
  });
  return best == found.end() ? std::nullopt : std::optional(*best);
}

/// The Engine cannot end a command that it runs in a container. A shell in the same container, of the same
/// user, can: it ends each process there that carries the mark.
void end_in_container(const Running& running, const docker::Engine& engine, const std::string& id) {
  constexpr auto script =
      "for s in TERM KILL KILL; do for e in /proc/[0-9]*/environ; do "
      "2>/dev/null tr '\\000' '\\n' <\"$e\" | grep -qxF \"$0\" && p=${e#/proc/} && "
      "kill -$s \"${p%/environ}\" 2>/dev/null; done; [ $s = TERM ] && sleep 1; done; true";
  try {
    engine.exec(
        id, {.words = {"sh", "-c", script, fmt::format("{}={}", mark, running.mark_value())}},
        [](const std::string&) {}, {}, Deadline::in(ending_takes));
  } catch (const Error& error) {  // the hook has failed already, and that is what is told
    running.context.ledger.output(running.step(),
                                  "the command may still run in the container: " + error.message_and_why());
  }
}

ContainerCommand command_of(const Running& running) {
  auto command = container_command(running.hook.command, running.hook.words, running.context.variables);
  for (const auto& [name, value] : running.environment)
    command.environment.push_back(fmt::format("{}={}", name, value));
  command.environment.push_back(fmt::format("{}={}", mark, running.mark_value()));
  return command;
}

/// As `docker compose exec` would.
std::string exec_in(Running& running, const docker::Engine& engine, const docker::Container& container) {
  try {
    return running.failure_of(engine.exec(
        container.id, command_of(running), [&](const std::string& line) { running.print(line); },
        running.stop, running.deadline));
  } catch (const Error&) {  // at the limit or on a stop the Engine only says that it was left
    auto why = running.ended();
    if (why.empty()) throw;
    end_in_container(running, engine, container.id);
    return why;
  }
}

/// In a container of the candidate's image: the candidate is made, but does not run yet.
std::string run_aside(Running& running, const ReleasedService& service) {
  if (service.containers.empty())
    return fmt::format("service {} has no container: its replicas are 0", service.name);
  auto& context = running.context;
  try {
    const int code = run_one_off(
        context, {.role = role, .service = service, .command = command_of(running), .entrypoint = false},
        [&](const std::string& line) { running.print(line); }, running.deadline);
    if (code != 0) remove_one_offs(context, role);
    return running.failure_of(code);
  } catch (const Error&) {  // as in exec_in; or Docker went away, and this waits until it is back
    remove_one_offs(context, role);
    auto why = running.ended();
    if (why.empty()) throw;
    return why;
  }
}

std::string run_in_container(Running& running) {
  const auto& context = running.context;
  const auto& service = running.hook.service;
  if (running.hook.at == Hook::At::before_switch) {
    const auto release = release_of(context);
    const auto released = std::ranges::find(release.services, service, &ReleasedService::name);
    if (released != release.services.end()) return run_aside(running, *released);
  }
  const auto engine = engine_for(running);
  if (const auto container = container_for(running, engine)) return exec_in(running, engine, *container);
  if (running.hook.at == Hook::At::before_backup && context.previous.empty()) {
    running.print(fmt::format("not run: no container of {} runs yet", service));
    return {};
  }
  return fmt::format("no container of {} runs", service);
}

std::string run_on_host(Running& running) {
  const auto& context = running.context;
  make_directories(context.layout.live, 0755);  // before the first deployment there is none
  const auto [script, parameters] = shell_command(running.hook.command, context.variables);
  Command command{.argv = running.hook.words, .directory = context.layout.live, .set = running.environment};
  if (command.argv.empty()) command.argv = {"sh", "-c", script};
  command.set.insert(parameters.begin(), parameters.end());
  const auto outcome = run(command, running.stop, running.deadline,
                           [&](Stream, std::string_view line) { running.print(std::string(line)); });
  return outcome.ok() ? std::string{} : running.last.behind(outcome.described());
}

std::string run_on_controller(Running& running) {
  const auto heard = running.context.ledger.ask_controller(errand_of_hook(running.hook.at, running.number),
                                                           hook_environment_to_text(running.environment),
                                                           running.hook.timeout + answer_takes, running.stop);
  if (heard.what == "nobody") return "it was not run: " + heard.detail;
  return heard.ok ? std::string{} : heard.detail;
}

std::string run_one(Running& running) {
  if (running.stop.stop_requested()) return "it was not run: cancelled";
  const auto missing = running.hook.missing(running.context.variables);
  if (!missing.empty() && running.hook.where != Hook::Where::controller)
    return fmt::format("it was not run: only the process that died knew {}", fmt::join(missing, ", "));
  switch (running.hook.where) {
    case Hook::Where::container:
      return run_in_container(running);
    case Hook::Where::host:
      return run_on_host(running);
    case Hook::Where::controller:
      break;
  }
  return run_on_controller(running);
}

/// A hook's failure is a finding here: whether it fails the step is the hook's own `required`.
std::string failure_in(Running& running) {
  try {
    return run_one(running);
  } catch (const Error& error) {
    return error.message_and_why();
  }
}

[[noreturn]] void fail(const Hook& hook, const std::string& why) {
  throw Error(fmt::format("the hook failed {}", hook.shown()), why,
              "correct the command, or write `required: false` if its failure may be passed over");
}

}  // namespace

std::string run_hooks(Context& context, Hook::At at, const HookNews& news) {
  const auto hooks = hooks_at(context.environment().hooks, at);
  // After the commit a cancel ends the hooks; after an undo it was the reason, and ends nothing more.
  const auto stop = at == Hook::At::after_commit ? context.cancel.get_token() : context.stop;
  notes::FailedHooks failed;
  std::size_t number = 0;
  for (const auto& hook : hooks) {
    context.ledger.output(step_of_hooks(at), hook.shown());
    Running running{.context = context,
                    .hook = hook,
                    .number = ++number,
                    .environment = environment_of(context, news),
                    .stop = stop,
                    .deadline = Deadline::in(hook.timeout)};
    const auto why = failure_in(running);
    if (why.empty()) continue;
    if (context.stop.stop_requested()) throw Error("cancelled", "the deployment was asked to stop", {});
    if (hook.required) fail(hook, why);
    context.ledger.output(step_of_hooks(at), "failed: " + why);
    failed.value.push_back({hook.shown(), why});
    note(context.ledger, step_of_hooks(at), failed);
  }
  if (failed.value.empty()) return {};
  return hooks.size() == 1 ? "failed" : fmt::format("{} of {} failed", failed.value.size(), hooks.size());
}

namespace hooks {

std::string apply_before_backup(Context& context) {
  return run_hooks(context, Hook::At::before_backup, {});
}
std::string apply_before_switch(Context& context) {
  return run_hooks(context, Hook::At::before_switch, {});
}
std::string apply_after_switch(Context& context) {
  return run_hooks(context, Hook::At::after_switch, {});
}

/// What a hook did stays done. Only a container that it ran in is removed.
std::string undo(Context& context) {
  remove_one_offs(context, role);
  return {};
}

}  // namespace hooks

}  // namespace belay
