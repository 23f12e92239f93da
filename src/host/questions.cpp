#include "host/questions.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "drivers/compose.hpp"
#include "drivers/compose_files.hpp"
#include "drivers/health_probe.hpp"
#include "drivers/postgres.hpp"
#include "drivers/rsync.hpp"
#include "edge/certificates.hpp"
#include "edge/shape.hpp"
#include "host/accessory_up.hpp"
#include "host/boot.hpp"
#include "host/boot_entry.hpp"
#include "host/control_socket.hpp"
#include "host/edge_status.hpp"
#include "host/login_scope.hpp"
#include "host/project_look.hpp"
#include "host/recovery_beside.hpp"
#include "host/running_container.hpp"
#include "model/config_json.hpp"
#include "model/host_facts.hpp"
#include "model/json_parts.hpp"
#include "model/labels.hpp"
#include "model/secrets.hpp"
#include "release/release_store.hpp"
#include "runtime/attempt.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/kept_images.hpp"
#include "runtime/ownership.hpp"
#include "saga/holder.hpp"
#include "saga/journal.hpp"
#include "saga/kept_logs.hpp"
#include "saga/run.hpp"
#include "saga/what_is_off.hpp"

namespace belay {

namespace json = boost::json;

namespace {

constexpr auto connection_limit = std::chrono::seconds(10);

std::string live_compose_file(const Layout& layout, const std::vector<std::string>& named) {
  return compose::main_file_of(named, layout.live, {layout.live / ".env"});
}

/// Of the current release; or, where belay never deployed, of the live compose file.
std::vector<RunningContainer> serving_containers(const Layout& layout, const docker::Engine& engine,
                                                 const std::vector<std::string>& services,
                                                 const std::vector<std::string>& named,
                                                 std::stop_token stop) {
  std::vector<RunningContainer> found;
  const ReleaseStore store(layout);
  if (const auto current = store.find(store.current())) {
    for (const auto& service : current->services)
      for (const auto& name : service.container_names)
        if (const auto inspection = engine.inspect(name))
          found.push_back(running_container(*inspection, service.name));
    return found;
  }
  if (!fs::exists(layout.live / live_compose_file(layout, named))) return found;
  compose::Project project{.directory =
                               layout.live / fs::path(live_compose_file(layout, named)).parent_path()};
  for (const auto& file : named) project.files.push_back(layout.live / file);
  const auto model = compose::resolved(project, stop, Deadline::in(std::chrono::seconds(30)));
  const Ownership ours(engine, project_name_in(model), layout, project.directory);
  for (const auto& service : services)
    for (const auto& container : ours.containers(service))
      if (const auto inspection = engine.inspect(container.id))
        found.push_back(running_container(*inspection, service));
  return found;
}

std::optional<ProjectLook> look_at_asked_project(const docker::Engine& engine, const Layout& layout,
                                                 const json::object& arguments, std::stop_token stop) {
  const auto* environment = arguments.if_contains("environment");
  const auto* texts = arguments.if_contains("files");
  if (!environment || !texts || !environment->is_object() || !texts->is_object()) return std::nullopt;
  const ShippedFiles files{texts_in(texts->get_object()), texts_in(object_at(arguments, "ids"))};
  auto wanted = value_of<EnvironmentConfig>(environment->get_object(), "environment");
  wanted.variables = texts_in(object_at(arguments, "variables"));
  return look_at_project(engine, layout, wanted, files, std::move(stop));
}

std::vector<RunningContainer> described(const docker::Engine& engine,
                                        const std::vector<docker::Container>& containers) {
  std::vector<RunningContainer> found;
  for (const auto& container : containers)
    if (const auto inspection = engine.inspect(container.id))
      found.push_back(running_container(*inspection, service_of(container)));
  return found;
}

void look_at_docker(HostFacts& facts, const Layout& layout, const json::object& arguments,
                    std::stop_token stop) {
  const auto engine = docker::Engine::connect();
  facts.docker_version = engine.version();
  facts.compose_version = compose::version(stop);
  facts.buildx_version = compose::buildx_version(stop);
  engine.refuse_snap();
  facts.lost = what_is_lost(engine, ReleaseStore(layout).all());
  const auto look = look_at_asked_project(engine, layout, arguments, stop);
  if (look) facts.project = look->facts;
  const bool deployed_before = ReleaseStore(layout).find(ReleaseStore(layout).current()).has_value();
  facts.containers = look && !deployed_before
                         ? described(engine, look->containers)
                         : serving_containers(layout, engine, texts_at(arguments, "services"),
                                              texts_at(arguments, "compose"), stop);
  for (const auto& edge : edges_there(layout, engine))
    if (const auto inspection = engine.inspect(edge.id))
      facts.edges.push_back(running_container(*inspection, edge_service));
  if (const auto image = text_at(arguments, "edge_image"); !image.empty())
    facts.edge_image_there = engine.image_id(image).has_value();
  if (const auto name = text_at(arguments, "backup_container"); !name.empty()) {
    const auto container = engine.container_named(name);
    facts.backup_container_state = container ? container->state : "absent";
    const auto user = text_at(arguments, "backup_user");
    if (container && container->running() && !user.empty())
      facts.backup_problem = postgres::connection_problem({name, user, text_at(arguments, "backup_database")},
                                                          stop, Deadline::in(connection_limit));
  }
}

/// The directory, or the nearest above it that is there.
fs::path what_is_there_of(fs::path directory) {
  std::error_code unreadable;
  while (!fs::exists(directory, unreadable)) directory = directory.parent_path();
  return directory;
}

HostFacts host_facts(const Layout& layout, const json::object& arguments, std::stop_token stop) {
  HostFacts facts{.clock = now()};
  facts.state = layout.state.string();
  facts.path_exists = fs::is_directory(layout.live);
  const auto place = what_is_there_of(layout.live);
  facts.path_writable = ::access(place.c_str(), W_OK) == 0;
  // Releases arrive in the state, and are published in the live directory: the fuller disk counts.
  const auto space = free_space(place), of_state = free_space(what_is_there_of(layout.state));
  facts.bytes_free = std::min(space.bytes_free, of_state.bytes_free);
  facts.inodes_free = std::min(space.inodes_free, of_state.inodes_free);
  facts.rsync_version = rsync::version(stop);
  facts.bound_to_login = why_bound_to_login();
  facts.boot_recovery = installed_boot_recovery(layout);
  facts.busy = is_held(layout);
  const ReleaseStore store(layout);
  facts.current_release = store.current();
  if (const auto current = store.find(facts.current_release)) facts.current_built = current->built;
  for (const auto& release : store.all()) facts.releases.push_back(release.id);
  if (const auto text =
          read_file_if_exists(layout.live / live_compose_file(layout, texts_at(arguments, "compose"))))
    facts.live_compose_hash = sha256_hex(*text);
  if (const auto* tls = arguments.if_contains("tls"); tls && tls->is_object())
    facts.certificates = certificates_now(tls_from_json(tls->get_object()), layout);
  try {
    look_at_docker(facts, layout, arguments, stop);
  } catch (const Error& error) {
    // What is asked for is precisely whether it works.
    facts.docker_problem = error.message_and_why();
    facts.docker_next = error.next();
  }
  return facts;
}

std::uint64_t bytes_below(const fs::path& directory) {
  std::uint64_t bytes = 0;
  if (!fs::exists(directory)) return bytes;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.is_regular_file() && !entry.is_symlink())
      bytes += entry.file_size() / std::max<std::uintmax_t>(1, entry.hard_link_count());
  return bytes;
}

HostStatus host_status(const Layout& layout, const Plan& plan, std::stop_token stop) {
  HostStatus status;
  const ReleaseStore store(layout);
  status.current = store.find(store.current());
  const auto engine = docker::Engine::connect();
  status.containers =
      serving_containers(layout, engine, plan.environment.services, plan.environment.compose, stop);
  for (const auto& edge : edges_there(layout, engine)) {
    if (const auto inspection = engine.inspect(edge.id))
      status.edges.push_back(running_container(*inspection, edge_service));
    if (edge.running()) status.slots = edge_slots(layout, engine, edge);
    status.certificates = certificates_at(layout, edge);
  }
  const auto runs = [](const RunningContainer& container) { return container.state == "running"; };
  const bool running = !status.containers.empty() && std::ranges::all_of(status.containers, runs) &&
                       std::ranges::all_of(status.edges, runs);
  if (!running) {
    status.health = status.containers.empty() ? "nothing runs" : "not everything runs";
  } else {
    const auto checks = plan.environment.checks();
    status.healthy = true;
    if (checks.empty()) status.health = "running; no health URL is configured";
    for (const auto& asked : checks) {
      const auto verdict = ask_once({.check = asked.check,
                                     .values = plan.environment.variables,
                                     .masks = masks_of(plan.environment, plan.environment.variables),
                                     .stop = stop});
      status.healthy = status.healthy && verdict.healthy;
      status.health += (status.health.empty() ? "" : "; ") + verdict.finding;
    }
  }
  if (const auto run = open_run(layout)) status.open_run = *run;
  if (fs::exists(layout.live)) status.bytes_free = free_space(layout.live).bytes_free;
  status.bytes_used_by_belay = bytes_below(layout.state);
  return status;
}

/// What is kept can be shown also where no Engine answers.
KeptReleases kept_releases(const Layout& layout) {
  const ReleaseStore store(layout);
  KeptReleases kept{.releases = store.all(), .current = store.current(), .lost = {}};
  try {
    const auto engine = docker::Engine::connect();
    kept.lost = what_is_lost(engine, kept.releases);
    if (const auto current = store.find(kept.current)) kept.off = what_is_off(engine, layout, *current);
  } catch (const Error& error) {
    kept.not_looked_at = error.message_and_why();
    for (const auto& release : kept.releases)
      kept.lost.emplace(release.id, "its images were not looked at: " + error.message());
  }
  return kept;
}

Plan plan_of(const json::object& arguments) {
  auto plan = plan_from_json(arguments.at("plan").as_object());
  if (const auto* secrets = arguments.if_contains("secrets"); secrets != nullptr && secrets->is_object())
    give_secrets(plan.environment, secrets->get_object());
  if (const auto* variables = arguments.if_contains("variables"))
    plan.environment.variables = json::value_to<Values>(*variables);
  return plan;
}

json::object recovered(const Layout& layout, std::stop_token stop) {
  json::array runs;
  for (const auto& run : recover_in_own_process(layout, std::move(stop)))
    runs.push_back(json::object{{"run", run.run},
                                {"outcome", to_string(run.closed.outcome)},
                                {"message", run.closed.message},
                                {"unfinished", run.closed.unfinished},
                                {"exit_code", exit_code_of(run)}});
  const bool under_way = is_held(layout);
  json::object answer{{"recovered", runs}, {"under_way", under_way}};
  if (runs.empty() && !under_way) answer["off"] = json::value_from(what_of_current_is_off(layout));
  return answer;
}

/// To the executor of the run that is under way. Only while a release is being watched is there something to
/// promote; a deployment can be stopped at any moment until its commit. `reason`: of who promotes; may be
/// empty.
json::object passed_on(const Layout& layout, const std::string& what, const std::string& reason) {
  const auto run = open_run(layout);
  const auto state = run ? run_state(Journal::read(layout.journal(*run))) : std::nullopt;
  if (!state) throw Error("no deployment is under way", {}, {}, ExitCode::bad_input);
  const auto step = state->begun.empty() ? StepName::preflight : state->begun.back();
  const bool watched = (step == StepName::canary || step == StepName::soak) && !state->is_done(step);
  if (what == "promote" && !watched)
    throw Error("there is nothing to promote: run " + *run + " is at " + to_string(step),
                "it is not at a canary or a soak", {}, ExitCode::bad_input);
  if (state->committed)
    throw Error("run " + *run + " is committed: it only goes forward", {},
                "belay rollback brings the previous release back", ExitCode::bad_input);
  const auto connection = ControlSocket::connect(layout.run(*run));
  if (!connection)
    throw Error("run " + *run + " is being recovered and takes no commands until that is done", {},
                "belay attach shows it");
  const auto& nonce = state->opened.nonce;
  const wire::ToHost message =
      what == "promote" ? wire::ToHost(wire::Tell{.nonce = nonce, .what = what, .ok = true, .detail = reason})
                        : wire::ToHost(wire::Cancel{.nonce = nonce});
  write_all(connection->get(), wire::encode(message) + "\n");
  return {{"run", *run}, {"step", to_string(step)}};
}

}  // namespace

json::value answer(const Layout& layout, const wire::Ask& ask, std::stop_token stop) {
  // What looks before a deployment touches nothing; any other command first recovers what a dead one left.
  if (ask.about == "facts") return facts_to_json(host_facts(layout, ask.arguments, stop));
  if (ask.about == "edited")
    return json::object{
        {"files", json::value_from(edited_on_server(layout, texts_in(object_at(ask.arguments, "ids"))))}};
  if (ask.about == "install")
    return json::object{{"by", recovery_installed_at_boot({.live = layout.live, .state = {}})}};
  if (ask.about == "recover") return recovered(layout, stop);
  if (ask.about == "reload") return certificates_to_json(reload_certificates(layout));
  if (ask.about == "promote" || ask.about == "abort")
    return passed_on(layout, ask.about, text_at(ask.arguments, "reason"));
  if (ask.about == "up") return made_anew_in_own_process(layout, ask, stop);  // it recovers, too
  if (!is_held(layout) || !holder_runs(layout)) recover_in_own_process(layout, stop);
  if (ask.about == "status") return status_to_json(host_status(layout, plan_of(ask.arguments), stop));
  if (ask.about == "logs") return kept_logs_to_json(kept_logs(layout, text_at(ask.arguments, "release")));
  if (ask.about == "releases") return releases_to_json(kept_releases(layout));
  if (ask.about == "backups") {
    std::vector<BackupFile> files;
    for (const auto& kept : postgres::list(layout.live / text_at(ask.arguments, "directory")))
      files.push_back({kept.file.string(), kept.bytes, kept.taken, kept.verified});
    return backups_to_json(files);
  }
  throw Error("this host does not know the question \"" + ask.about + "\"", {},
              "controller and host are of different versions: connect again");
}

}  // namespace belay
