#include "runtime/adoption.hpp"

#include <algorithm>
#include <set>

#include <boost/json.hpp>

#include "base/error.hpp"
#include "drivers/container_watch.hpp"
#include "model/json_parts.hpp"
#include "model/labels.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/found_references.hpp"
#include "runtime/freeze.hpp"
#include "runtime/start_commands.hpp"

namespace belay {

namespace json = boost::json;

namespace {

std::string hash_in(const json::object& body) {
  return text_at(object_at(body, "Labels"), compose_label::config_hash);
}

docker::Inspection inspected(const docker::Engine& engine, const std::string& id) {
  auto inspection = engine.inspect(id);
  if (!inspection) throw Error("container " + id + " is gone", "it was there a moment ago", "deploy again");
  return std::move(*inspection);
}

/// The services whose containers it joins, takes volumes of, or has links to.
std::vector<std::string> joined_by(const ReleasedService& service) {
  std::vector<std::string> names{service.shared.network, service.shared.ipc, service.shared.pid};
  for (const auto& from : service.shared.volumes) names.push_back(from.substr(0, from.find(':')));
  for (const auto& link : service.shared.links) names.push_back(link.substr(0, link.find(':')));
  return names;
}

/// Links are no part of compose's hash.
bool joins_others(const ReleasedService& service) {
  auto shared = service.shared;
  shared.links.clear();
  return shared.any();
}

/// Their number may be another one: as with compose, those that there are go on.
bool all_run_as(const Attempt& attempt, const ReleasedService& service,
                const std::vector<PreviousContainer>& previous) {
  std::size_t count = 0;
  for (const auto& container : previous) {
    if (container.service != service.name) continue;
    const auto inspection = attempt.engine.inspect(container.id);
    if (!inspection || !inspection->container.running() || !runs_as(service, *inspection)) return false;
    ++count;
  }
  return count > 0 && !service.containers.empty();
}

bool all_have_hash(const Attempt& attempt, const ReleasedService& service,
                   const std::vector<PreviousContainer>& previous, const std::string& hash) {
  return !hash.empty() && std::ranges::all_of(previous, [&](const PreviousContainer& container) {
    if (container.service != service.name) return true;
    const auto inspection = attempt.engine.inspect(container.id);
    return inspection && label_of(inspection->container, compose_label::config_hash) == hash;
  });
}

/// Whoever follows one that is made anew is made anew, too: until nothing more changes. One that has had no
/// container yet is only new: compose leaves alone who depends on it.
void leave_out_who_follows_a_new_one(const Release& release, const std::vector<PreviousContainer>& previous,
                                     const Follows& follows, std::set<std::string>& unchanged) {
  const auto made_anew = [&](const std::string& name) {
    return !unchanged.contains(name) &&
           std::ranges::find(release.services, name, &ReleasedService::name) != release.services.end() &&
           std::ranges::find(previous, name, &PreviousContainer::service) != previous.end();
  };
  const auto has_to_follow = [&](const ReleasedService& service) {
    return std::ranges::any_of(joined_by(service), made_anew) ||
           std::ranges::any_of(service.dependencies, [&](const Dependency& on) {
             return made_anew(on.service) && (on.restart || follows(on));
           });
  };
  for (bool again = true; again;) {
    again = false;
    for (const auto& service : release.services)
      if (unchanged.contains(service.name) && has_to_follow(service))
        again = unchanged.erase(service.name) > 0;
  }
}

}  // namespace

bool runs_as(const ReleasedService& service, const docker::Inspection& inspection) {
  if (inspection.container.image_id != service.image_id) return false;
  const auto hash = label_of(inspection.container, compose_label::config_hash);
  // Where it joins another's container its hash is made anew with each one that belay makes.
  if (joins_others(service) && (hash.empty() || !label_of(inspection.container, label::release).empty()))
    return true;
  const auto wanted = [&](const json::object& body) {
    return hash.empty() ? body == docker::create_body_of(inspection.raw) : hash_in(body) == hash;
  };
  return std::ranges::any_of(service.containers, wanted);
}

std::vector<std::string> unchanged_services_of(const Attempt& attempt, const Release& release,
                                               const std::vector<PreviousContainer>& previous,
                                               const HashNow& hash_now, const Follows& follows) {
  std::set<std::string> unchanged;
  for (const auto& service : release.services)
    if (all_run_as(attempt, service, previous)) unchanged.insert(service.name);
  leave_out_who_follows_a_new_one(release, previous, follows, unchanged);
  // Only now, for compose is asked: whoever joins others is as it was if they are those that it joined then.
  std::erase_if(unchanged, [&](const std::string& name) {
    const auto& service = *std::ranges::find(release.services, name, &ReleasedService::name);
    return joins_others(service) && !all_have_hash(attempt, service, previous, hash_now(service));
  });
  leave_out_who_follows_a_new_one(release, previous, follows, unchanged);
  return {unchanged.begin(), unchanged.end()};
}

std::vector<PreviousContainer> containers_that_stay(const Release& release,
                                                    const std::vector<PreviousContainer>& previous,
                                                    const std::vector<std::string>& unchanged) {
  std::vector<PreviousContainer> staying;
  for (const auto& service : release.services) {
    if (std::ranges::find(unchanged, service.name) == unchanged.end()) continue;
    std::vector<PreviousContainer> own;
    std::ranges::copy_if(previous, std::back_inserter(own),
                         [&](const PreviousContainer& one) { return one.service == service.name; });
    std::ranges::sort(own, {},
                      [](const PreviousContainer& one) { return std::pair(one.name.size(), one.name); });
    if (own.size() > service.containers.size()) own.resize(service.containers.size());
    staying.insert(staying.end(), own.begin(), own.end());
  }
  return staying;
}

namespace {

std::string live_image_of_container(const docker::Container& container, const json::object& model,
                                    const std::string& service) {
  const auto known = services_in(model);
  return std::ranges::find(known, service) != known.end() ? live_image_of(model, service) : container.image;
}

/// An image that the project does not build stays out of its makers' repository.
std::string image_kept_for(const ReleasedService& service, const json::object& model,
                           const std::string& release) {
  const auto known = services_in(model);
  return std::ranges::find(known, service.name) != known.end()
             ? frozen_image_of(model, service.name, release)
             : kept_image(project_name_in(model), release, service.name);
}

}  // namespace

bool is_part_of_what_serves(const docker::Inspection& inspection) {
  if (inspection.container.on()) return true;
  const auto& policy = inspection.restart_policy;
  const bool may_end = policy.empty() || policy == "no" || policy == "on-failure";
  return inspection.ended_well() && may_end;
}

bool goes_on_for_ever(const ReleasedService& service) {
  if (service.containers.empty()) return false;
  return is_kept_running(restart_policy_of(service.containers.front()).name);
}

Release adopted_release(const Attempt& attempt, const Author& by, const json::object& model,
                        const std::vector<PreviousContainer>& found) {
  const ServiceOf service_of_container = [&](const std::string& container) {
    const auto inspection = attempt.engine.inspect(container);
    const bool ours =
        inspection && label_of(inspection->container, compose_label::project) == project_name_in(model);
    return ours ? service_of(inspection->container) : std::string{};
  };
  Release release{
      .origin = Release::Origin::adopted, .state = Release::State::good, .by = by, .created = now()};
  for (const auto& previous : found)
    release.switched = std::max(release.switched, inspected(attempt.engine, previous.id).started);
  // Ids sort by time, and this one was there before the candidate, whose id was given when the run began.
  auto began = release.switched;
  do release.id = release_id(began, release.commit);
  while (release.id > attempt.release && (began -= std::chrono::seconds(1), true));
  for (const auto& previous : found) {
    const auto inspection = inspected(attempt.engine, previous.id);
    auto body = docker::create_body_of(inspection.raw);
    auto shared = take_references(body, service_of_container);
    auto existing = std::ranges::find(release.services, previous.service, &ReleasedService::name);
    if (existing == release.services.end()) {
      ReleasedService service{
          .name = previous.service,
          .image_id = inspection.container.image_id,
          .live_image = live_image_of_container(inspection.container, model, previous.service),
          .dependencies = dependencies_in_label(label_of(inspection.container, compose_label::depends_on)),
          .shared = std::move(shared)};
      service.frozen_image = image_kept_for(service, model, release.id);
      const auto [repository, tag] = repository_and_tag(service.frozen_image);
      attempt.engine.tag(service.image_id, repository, tag);
      existing = release.services.insert(release.services.end(), std::move(service));
    }
    existing->container_names.push_back(previous.name);
    existing->containers.push_back(std::move(body));
  }
  return release;
}

void add_what_is_not_shown(
    Release& release, const json::object& model,
    const std::function<std::map<std::string, std::string>(const std::set<std::string>&)>& values) {
  const auto known = services_in(model);
  std::vector<std::string> services;
  for (const auto& service : release.services)
    if (std::ranges::find(known, service.name) != known.end()) services.push_back(service.name);
  const auto environment = values(injected_variables(model, services));
  for (auto& service : release.services)
    if (std::ranges::find(services, service.name) != services.end()) {
      service.injected = injected_files(model, service.name, environment);
      service.after_start = commands_after_start(service_in(model, service.name));
    }
}

}  // namespace belay
