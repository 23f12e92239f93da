#include <algorithm>
#include <optional>
#include <utility>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/clock.hpp"
#include "base/deadline.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/human.hpp"
#include "drivers/compose.hpp"
#include "drivers/container_watch.hpp"
#include "drivers/own_port.hpp"
#include "edge/container.hpp"
#include "runtime/adoption.hpp"
#include "runtime/candidate.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/edge_fit.hpp"
#include "runtime/freeze.hpp"
#include "runtime/late_arrivals.hpp"
#include "runtime/obstacles.hpp"
#include "runtime/released_mounts.hpp"
#include "runtime/shared_hash.hpp"
#include "steps/accessories.hpp"
#include "steps/live_directory.hpp"
#include "steps/made_again.hpp"
#include "steps/pulled_images.hpp"
#include "steps/step.hpp"
#include "steps/what_served.hpp"

namespace belay::create {

namespace json = boost::json;

namespace {

/// Everything a candidate is made from, for a deployment and a rollback alike.
struct Work {
  Release release;
  ReleaseProject project;
  Ownership ours;
  std::vector<PreviousContainer> previous;
  json::object model;  // compose's; empty: none was kept
};

/// Whether others stopped it since the run began. One that its policy lets end by itself may have done its
/// work.
bool was_stopped(const Context& context, const docker::Inspection& inspection) {
  return is_kept_running(inspection.restart_policy) && ran_at_begin(context, inspection.container.id);
}

std::optional<PreviousContainer> found(const Context& context, const docker::Container& container,
                                       const std::string& service) {
  if (label_of(container, label::nonce) == context.nonce) return {};  // our own, of an apply that did not end
  const auto inspection = context.engine.inspect(container.id);
  if (!inspection) return {};  // removed meanwhile
  return PreviousContainer{container.id,
                           container.name,
                           service,
                           inspection->container.on() || was_stopped(context, *inspection),
                           inspection->restart_policy,
                           inspection->restart_maximum};
}

/// The services that the current release has and this project no longer, or without containers: theirs stop
/// with the switch.
std::vector<std::string> services_left_behind(const Context& context,
                                              const std::vector<std::string>& services,
                                              const json::object& model) {
  std::vector<std::string> names;
  const auto current = context.store.find(context.previous);
  if (!current || model.empty()) return names;
  const auto known = services_in(model);
  for (const auto& service : current->services) {
    if (std::ranges::find(services, service.name) != services.end()) continue;
    const bool is_known = std::ranges::find(known, service.name) != known.end();
    if (!is_known || container_names_of(model, service.name).empty()) names.push_back(service.name);
  }
  return names;
}

std::vector<PreviousContainer> previous_of(const Context& context, const Ownership& ours,
                                           std::vector<std::string> services, const json::object& model) {
  std::ranges::copy(services_left_behind(context, services, model), std::back_inserter(services));
  std::vector<PreviousContainer> previous;
  for (const auto& service : services)
    for (const auto& container : ours.containers(service))
      if (auto one = found(context, container, service)) previous.push_back(std::move(*one));
  return previous;
}

/// Whether one of its published ports accepts now.
bool accepts(const Context& context, const PreviousContainer& container) {
  const auto inspection = context.engine.inspect(container.id);
  return inspection && std::ranges::any_of(published_ports(*inspection), [&](const PublishedPort& published) {
           return listening(own_port(*inspection, published.port)) == http::Listens::yes;
         });
}

std::vector<std::string> accepting_services(const Context& context,
                                            const std::vector<PreviousContainer>& previous) {
  std::vector<std::string> services;
  for (const auto& container : previous)
    if (container.running && std::ranges::find(services, container.service) == services.end() &&
        accepts(context, container))
      services.push_back(container.service);
  return services;
}

/// The edge and the unchanged services first: who is found is noted once all are known.
void note_previous(Context& context, const Work& work, const std::vector<std::string>& unchanged,
                   const std::vector<PreviousContainer>& unchanged_ones) {
  std::vector<PreviousContainer> edges;
  for (const auto& edge : edges_of(context.engine, work.ours.project()))
    if (work.ours.is_ours(edge))
      if (auto one = found(context, edge, edge_service)) edges.push_back(std::move(*one));
  if (!edges.empty()) note(context.ledger, notes::PreviousEdge{edges});
  keep_bodies(context, {edges, work.previous, unchanged_ones});
  note(context.ledger, notes::UnchangedServices{unchanged});
  if (!unchanged_ones.empty()) note(context.ledger, notes::UnchangedContainers{unchanged_ones});
  note(context.ledger, notes::AcceptingServices{accepting_services(context, work.previous)});
  note(context.ledger, notes::PreviousContainers{work.previous});
}

/// How a container stands to the release that serves.
enum class Standing { as_released, otherwise, not_released };

Standing standing_of(const Context& context, const Release& current, const PreviousContainer& container) {
  const auto service = std::ranges::find(current.services, container.service, &ReleasedService::name);
  if (service == current.services.end()) return Standing::not_released;
  const auto inspection = context.engine.inspect(container.id);
  return inspection && runs_as(*service, *inspection) ? Standing::as_released : Standing::otherwise;
}

/// What is found to run, against the release that serves: it is that release; or it has services beside it
/// that belay did not release; or it is something else.
enum class Runs { current, more_than_current, otherwise };

Runs what_runs(const Context& context, const std::vector<PreviousContainer>& running) {
  const auto current = context.store.find(context.previous);
  if (!current) return Runs::otherwise;
  bool released = false, more = false;
  for (const auto& container : running) {
    const auto standing = standing_of(context, *current, container);
    if (standing == Standing::otherwise) return Runs::otherwise;
    (standing == Standing::as_released ? released : more) = true;
  }
  if (!more) return Runs::current;
  return released ? Runs::more_than_current : Runs::otherwise;
}

/// What serves as it was found: with it what has done its work, a migration or a seed.
std::vector<PreviousContainer> parts_of_what_serves(const Context& context, const Work& work) {
  auto found = work.previous;
  std::erase_if(found, [&](const PreviousContainer& one) {
    const auto inspection = context.engine.inspect(one.id);
    return !inspection || !is_part_of_what_serves(*inspection);
  });
  return found;
}

/// The model of what lies in the live directory, as far as compose can read it: by it going back knows which
/// services came later, and the hashes of those that join others.
void add_model_of_adopted(Context& context, const Work& work, Release& adopted) {
  try {
    const auto limit = Deadline::in(std::chrono::minutes(2));
    const auto model = work.project.resolved_in_live(context.stop, limit);
    add_what_is_not_shown(adopted, model, [&](const std::set<std::string>& variables) {
      return work.project.values_of(variables, context.stop, limit, ReleaseProject::Where::live);
    });
    write_file_atomically(context.layout.compose_model(adopted.id), json::serialize(readable_again(model)));
  } catch (const Error& unreadable) {  // what serves can be gone back to without it
    context.ledger.output(
        StepName::create,
        fmt::format(
            "adopted without its compose model: {}: {}; going back to it stops no service that came later, "
            "and brings back neither a config or secret that is not a file nor a command of post_start",
            unreadable.message(), unreadable.why()));
  }
}

void adopt_if_foreign(Context& context, const Work& work) {
  std::vector<PreviousContainer> running;
  std::ranges::copy_if(work.previous, std::back_inserter(running), &PreviousContainer::running);
  const auto runs = what_runs(context, running);
  if (running.empty() || runs == Runs::current) return;
  auto adopted =
      adopted_release(context.attempt(), context.plan.by, context.model, parts_of_what_serves(context, work));
  if (runs == Runs::more_than_current) adopted.commit = context.store.find(context.previous)->commit;
  adopted.project = work.ours.project();
  adopted.directory = work.project.directory();
  // What it mounts and what `docker compose up` reads comes back with it.
  keep_live_version(context.layout.live, context.layout.source(context.release),
                    context.layout.source(adopted.id));
  make_directories(context.layout.release(adopted.id));
  add_model_of_adopted(context, work, adopted);
  context.store.save(adopted);
  context.store.set_current(adopted.id);
  context.previous = adopted.id;
  note(context.ledger, notes::AdoptedRelease{adopted.id});
  context.ledger.output(StepName::create, fmt::format("{} was not deployed by belay: adopted as release {}",
                                                      running.front().name, adopted.id));
}

/// When each service's registry was asked: by this deployment, or by one before.
void note_when_asked(const Context& context, Release& release) {
  const auto asked = noted<notes::AskedRegistries>(context.ledger);
  const auto before = context.store.find(context.previous);
  for (auto& service : release.services) {
    if (before)
      if (const auto known = std::ranges::find(before->services, service.name, &ReleasedService::name);
          known != before->services.end())
        service.asked = known->asked;
    if (asked && std::ranges::find(asked->value, service.name) != asked->value.end())
      service.asked = release.created;
  }
}

Work work_of_deployment(Context& context) {
  ReleaseProject project(place_of(context.layout, context.release), context.environment());
  Ownership ours(context.engine, project_name_in(context.model), context.layout, project.directory());
  auto frozen = frozen_services(context.attempt(), project, context.model, context.services);
  Release release{.id = context.release,
                  .commit = context.plan.commit,
                  .by = context.plan.by,
                  .created = now(),
                  .project = ours.project(),
                  .directory = project.directory(),
                  .services = std::move(frozen.services),
                  .accessories = std::move(frozen.accessories),
                  .built = context.plan.built,
                  .reason = context.plan.reason};
  note_when_asked(context, release);
  auto previous =
      previous_of(context, ours, in_order_of_dependency(context.model, context.services), context.model);
  return {std::move(release), std::move(project), std::move(ours), std::move(previous), context.model};
}

Release kept_release(const Context& context) {
  auto release = context.store.find(context.release);
  if (!release)
    throw Error("release " + context.release + " is not kept", {}, "belay releases shows what is");
  return std::move(*release);
}

Work work_of_rollback(Context& context) {
  auto release = kept_release(context);
  ReleaseProject project(place_of(context.layout, context.release), context.environment());
  bring_back_images_of(context, project, release, StepName::create);
  Ownership ours(context.engine, project_of(release), context.layout,
                 release.directory.empty() ? project.directory() : release.directory);
  std::vector<std::string> services;
  for (const auto* service : in_order_of_start(release)) services.push_back(service->name);
  auto model = kept_model(context, release.id);
  auto previous = previous_of(context, ours, services, model);
  return {std::move(release), std::move(project), std::move(ours), std::move(previous), std::move(model)};
}

/// A rollback needs no compose: without it, who depends on what is made anew is made anew, too.
bool dependents_follow_here(const Context& context) {
  try {
    return compose::dependents_follow(compose::version(context.stop));
  } catch (const Error&) {  // that compose is missing is no reason to fail here
    return true;
  }
}

/// Behind an edge all services take part in its turn.
std::vector<std::string> unchanged_in(const Context& context, const Work& work) {
  if (context.environment().edge || !edges_of(context.engine, work.ours.project()).empty()) return {};
  const auto attempt = context.attempt();
  const FindShared running = [&](const std::string& other) { return running_to_share(work.ours, other); };
  const HashNow hash_now = [&](const ReleasedService& service) {
    if (!all_to_share_are_there(service, running)) return std::string{};
    return hash_with_shared(attempt, work.release, work.project, work.ours, service, running);
  };
  const Follows follows = [&context, all = std::optional<bool>{}](const Dependency&) mutable {
    if (!all) all = dependents_follow_here(context);
    return *all;
  };
  return unchanged_services_of(attempt, work.release, work.previous, hash_now, follows);
}

/// Of others and of the edge. A rollback is asked here first; a deployment was, before it built.
void require_nothing_in_the_way(const Context& context, const Work& work) {
  std::vector<std::string> services;
  for (const auto& service : work.release.services) services.push_back(service.name);
  auto obstacles = obstacles_to_containers(context.engine, work.ours, work.release.services);
  std::ranges::move(left_behind_edge(work.ours, work.model, services), std::back_inserter(obstacles));
  if (context.environment().edge)  // a rollback, too, may bring the edge in
    std::ranges::move(undeclared_ports(context.engine, work.ours, work.model, services),
                      std::back_inserter(obstacles));
  require_no_obstacles(obstacles);
}

/// Beside the old release the live directory has the old files; behind an edge a container has no ports of
/// its own.
CandidateRules rules_for(const Context& context, std::vector<PreviousContainer> unchanged) {
  CandidateRules rules{.unchanged = std::move(unchanged)};
  if (!context.environment().edge) return rules;
  const bool beside = context.environment().strategy != Strategy::recreate;
  rules.reshape = [&context, beside, number = std::size_t{0}](json::object body) mutable {
    if (beside) body = with_released_mounts(std::move(body), {context.layout, context.release});
    return behind_edge(std::move(body), edge_host(context.nonce, ++number));
  };
  return rules;
}

/// Of a service that gets more or fewer containers, how many go on.
void tell_what_goes_on(Context& context, const Release& release, const std::vector<std::string>& unchanged,
                       const std::vector<PreviousContainer>& containers) {
  for (const auto& service : release.services) {
    if (std::ranges::find(unchanged, service.name) == unchanged.end()) continue;
    const auto staying = std::ranges::count(containers, service.name, &PreviousContainer::service);
    const auto wanted = std::ssize(service.containers);
    context.ledger.output(
        StepName::create,
        staying == wanted
            ? fmt::format("{} is unchanged: it goes on running", service.name)
            : fmt::format("{} is unchanged: of its {} containers {} go on running, the others are made",
                          service.name, wanted, staying));
  }
}

/// Whether each container that was asked for was also seen: the candidate's, and those of a migration and of
/// hooks before the switch.
bool all_came(const Context& context) {
  const auto& migrate = context.environment().migrate;
  const bool migrates_aside = !migrate.empty() && migrate.front().when == MigrationRule::When::before_switch;
  const auto came = [&](StepName step) {
    return std::ranges::count(context.plan.steps, step) == 0 || context.ledger.done(step);
  };
  return came(StepName::create) && (!migrates_aside || came(StepName::migrate)) &&
         came(StepName::before_switch);
}

}  // namespace

/// As long as the making of containers may take where images have to be pulled first.
constexpr auto longest_wait_for_project = std::chrono::minutes(30);

/// Two deployments into one project would make the same network or volume twice, under one name: the Engine
/// lets them. The directory itself is locked, which needs no permission to write there.
std::optional<FileLock> lock_of_shared_project(const Context& context) {
  if (!context.environment().has_compose_on_host()) return {};
  const auto directory = project_directory(context.environment());
  if (!fs::is_directory(directory)) return {};  // a rollback needs no compose file
  const auto limit = Deadline::in(longest_wait_for_project);
  bool told = false;
  for (;;) {
    if (auto lock = FileLock::try_acquire_directory(directory)) return lock;
    if (limit.expired())
      throw Error(fmt::format("another deployment has been making its containers in {} for {}",
                              directory.string(), human_duration(longest_wait_for_project)),
                  "it holds the lock of that directory",
                  "belay status of each environment in that directory tells which one it is; deploy again "
                  "when it has ended");
    if (context.stop.stop_requested()) throw Error("cancelled", "the deployment was asked to stop", {});
    if (!std::exchange(told, true))
      context.ledger.output(
          StepName::create,
          fmt::format("waiting: another deployment makes its containers in {}", directory.string()));
    pause(std::chrono::milliseconds(100), context.stop);
  }
}

std::string apply(Context& context) {
  const bool deploys = context.plan.kind != Plan::Kind::rollback;
  const auto project_lock = lock_of_shared_project(context);
  auto look = begin_look_at_live(context);  // compose needs its time, too
  auto work = deploys ? work_of_deployment(context) : work_of_rollback(context);
  require_nothing_in_the_way(context, work);
  if (deploys) {
    adopt_if_foreign(context, work);
    work.release.replaced = context.previous;
    context.store.save(work.release);
  }
  begin_publication(context, std::move(look));
  const auto publication = publication_of(context);
  const auto unchanged = unchanged_in(context, work);
  const auto first = work.previous.empty() ? std::string{} : work.previous.front().name;
  const auto unchanged_ones = containers_that_stay(work.release, work.previous, unchanged);
  std::erase_if(work.previous, [&](const PreviousContainer& one) {
    return std::ranges::find(unchanged_ones, one.id, &PreviousContainer::id) != unchanged_ones.end();
  });
  note_previous(context, work, unchanged, unchanged_ones);
  tell_what_was_edited(context, publication);
  publish_missing_mounts(context, publication);
  tell_what_stays_behind(context, work.release, work.ours, publication, unchanged);
  if (deploys) start_accessories(context, work.project, work.ours);
  note(context.ledger, notes::ContainersToMake{number_to_make(work.release, unchanged_ones)});
  create_candidates(context.attempt(), work.release, work.project, work.ours, work.previous,
                    rules_for(context, unchanged_ones));
  tell_what_goes_on(context, work.release, unchanged, unchanged_ones);
  return something_served(context)
             ? fmt::format("beside {}", first)
             : "nothing serves yet: if this release fails, there is no release to roll back to";
}

std::string undo(Context& context) {
  remove_with_late_arrivals(all_came(context), [&] {
    remove_templates(context.attempt());
    const auto made = context.engine.containers({fmt::format("{}={}", label::nonce, context.nonce)});
    // Volumes that it took over are still the previous container's, and stay.
    for (const auto& container : made)
      context.engine.remove(container.id, docker::Engine::AnonymousVolumes::remove);
    return static_cast<int>(made.size());
  });
  unpublish_all(context);
  return "the candidate's containers are gone";
}

}  // namespace belay::create
