#include "host/accessory_up.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/line_reader.hpp"
#include "base/process.hpp"
#include "drivers/container_watch.hpp"
#include "drivers/docker_logins.hpp"
#include "host/running_container.hpp"
#include "host/state_move.hpp"
#include "release/release_store.hpp"
#include "runtime/attempt.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/live_project.hpp"
#include "runtime/obstacles.hpp"
#include "runtime/ownership.hpp"
#include "saga/holder.hpp"
#include "saga/journal.hpp"
#include "saga/recovery.hpp"
#include "saga/run.hpp"
#include "steps/context.hpp"

namespace belay {

namespace {

constexpr auto longest_up = std::chrono::minutes(15);  // an image may have to be pulled
/// One that cannot run, such as a database over the files of an older version, dies sooner than this.
constexpr auto time_to_die = std::chrono::seconds(3);
constexpr int shown_log_lines = 20;

FileLock lock_for(const Layout& layout, const UpRequest& request) {
  if (auto lock = acquired_unless_held(layout)) {
    auto by = request.by;
    by.machine += fmt::format(" (belay up {})", request.service);
    write_holder(*lock, by, {});
    return std::move(*lock);
  }
  const auto held = read_holder(layout);
  throw Error(fmt::format("another deployment holds {}: {}, since {}", request.environment.name, held.by,
                          iso8601(held.since)),
              held.run.empty() ? std::string{} : "run " + held.run,
              fmt::format("wait until it ends; belay attach {} shows it", request.environment.name),
              ExitCode::busy);
}

/// What the release was made with counts where the caller's environment lacks a value.
void add_values_of_release(EnvironmentConfig& environment, const Layout& layout, const Release& current) {
  // Its opening is enough, so damage further down does not matter here.
  const auto journal = read_file_if_exists(layout.journal(current.id));
  if (const auto state = run_state(decode_journal(journal.value_or("")).records))
    environment.values.insert(state->opened.plan.environment.values.begin(),
                              state->opened.plan.environment.values.end());
}

void require_not_released(const UpRequest& request, const Release& current,
                          const boost::json::object& model) {
  const auto& environment = request.environment;
  auto released = environment.services;
  for (const auto& service : current.services) released.push_back(service.name);
  if (environment.accessories == Accessories::as_compose) released = services_in(model);
  if (std::ranges::find(released, request.service) == released.end()) return;
  throw Error(fmt::format("{} is released: deployments make its containers", request.service), {},
              fmt::format("belay deploy {}", environment.name), ExitCode::bad_input);
}

/// Returns when one of them has died, or none of them dies.
void wait_for_a_death(const docker::Engine& engine, const std::vector<docker::Container>& containers) {
  const ContainerWatch watch(engine, ids_of(containers));
  pause(time_to_die, watch.died());
}

/// Empty: it runs, or has done its work.
std::string problem_of(const docker::Inspection& inspection) {
  if (inspection.oom_killed) return "was killed: out of memory";
  if (inspection.restarts > 0) return fmt::format("dies again and again, exit code {}", inspection.exit_code);
  if (inspection.container.running()) return {};
  if (inspection.ended_well()) return {};
  return fmt::format("is {}, exit code {}", inspection.container.state, inspection.exit_code);
}

std::vector<RunningContainer> what_runs(const docker::Engine& engine, const Ownership& ours,
                                        const UpRequest& request) {
  const auto containers = ours.containers(request.service);
  wait_for_a_death(engine, containers);
  std::vector<RunningContainer> found;
  for (const auto& container : containers) {
    const auto inspection = engine.inspect(container.id);
    if (!inspection) throw Error("container " + container.name + " is gone", "it was there a moment ago");
    if (const auto problem = problem_of(*inspection); !problem.empty())
      throw Error(
          fmt::format("{} does not run: {} {}", request.service, container.name, problem),
          fmt::format("{}", fmt::join(engine.last_log_lines(container.id, shown_log_lines), "\n")),
          fmt::format(
              "fix what its log says (deploy a corrected compose file first); then again: belay up {} {}",
              request.environment.name, request.service));
    found.push_back(running_container(*inspection, request.service));
  }
  return found;
}

/// Namespaces, volumes and links were looked up when those containers were made.
std::vector<std::string> sharing_with(const std::string& service, const Release& current) {
  std::vector<std::string> names;
  for (const auto& one : current.services) {
    std::set<std::string> used{one.shared.network, one.shared.ipc, one.shared.pid};
    for (const auto* list : {&one.shared.volumes, &one.shared.links})
      for (const auto& entry : *list) used.insert(entry.substr(0, entry.find(':')));
    if (used.contains(service)) names.push_back(one.name);
  }
  return names;
}

}  // namespace

UpAnswer made_anew(const HostArguments& where, const UpRequest& request) {
  if (request.environment.has_compose_on_host())
    throw Error(fmt::format("{} does not belong to this environment", request.service),
                fmt::format("{} lies outside of what {} releases, and its other services belong to others",
                            request.environment.compose.front(), request.environment.name),
                fmt::format("docker compose up -d {}  (in {}, on the host)", request.service,
                            fs::path(request.environment.compose.front()).parent_path().string()),
                ExitCode::bad_input);
  auto layout = where.layout();
  if (ReleaseStore(layout).current().empty())
    throw Error(fmt::format("no release of belay serves {}", request.environment.name), {},
                fmt::format("belay deploy {}", request.environment.name), ExitCode::bad_input);
  auto lock = lock_for(layout, request);
  // Another command may have moved the state meanwhile, and its lock with it.
  for (layout = where.layout(); !lock.locks(layout.lock()); layout = where.layout())
    lock = lock_for(layout, request);
  recover_open_runs(layout, "next command");
  layout = settled_in_its_place(where, lock);
  const ReleaseStore store(layout);
  const auto current = store.find(store.current());
  if (!current) throw Error("the release that serves is not kept", store.current(), "deploy again");

  auto environment = request.environment;
  add_values_of_release(environment, layout, *current);
  auto project = live_project(layout, environment, *current);
  const auto model = live_model(project, request.service, {});
  require_not_released(request, *current, model);
  const auto engine = docker::Engine::connect();
  const Ownership ours(engine, project_name_in(model), layout, project.directory);
  require_no_obstacles(obstacles_to(engine, ours, model, {request.service}),
                       request.service + " cannot be recreated");

  const auto docker_config = layout.state / "docker-up";
  std::optional<docker::Logins> logins;
  if (!request.logins.empty()) {
    logins.emplace(docker_config, docker::own_config_directory(), request.logins);
    ::setenv("DOCKER_CONFIG", docker_config.c_str(), 1);
  }
  compose::make_anew(project, request.service, {}, Deadline::in(longest_up));
  return {what_runs(engine, ours, request), sharing_with(request.service, *current)};
}

boost::json::value made_anew_in_own_process(const Layout& layout, const wire::Ask& ask,
                                            std::stop_token stop) {
  Child child({.argv = command_of_role("/proc/self/exe", "up", layout)},
              {.in = true, .out = true, .err = false});
  write_all(child.in().get(), wire::encode(ask) + "\n");
  LineReader said(child.out().get());
  std::string line;
  if (said.next(line, stop, Deadline::never()) != LineReader::Status::line)
    throw Error("the process that recreates the service ended without an answer", {}, "belay up tries again");
  auto message = wire::decode_to_controller(line);
  if (auto* answer = std::get_if<wire::Answer>(&message)) return std::move(answer->value);
  if (const auto* failure = std::get_if<wire::Failure>(&message))
    throw Error(failure->message, failure->why, failure->next, ExitCode{failure->exit_code});
  throw Error("the process that recreates the service gave an unknown answer", line.substr(0, 200));
}

}  // namespace belay
