#include "runtime/candidate.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/files.hpp"
#include "model/labels.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/shared.hpp"
#include "runtime/shared_hash.hpp"

namespace belay {

namespace json = boost::json;

namespace {

/// The mount of that target in a section of a body's HostConfig, if there is one.
bool has_mount(const json::object& body, const std::string& target) {
  const auto& host = body.at("HostConfig").as_object();
  if (const auto* memory = host.if_contains("Tmpfs"); memory && memory->is_object())
    if (memory->get_object().contains(target)) return true;
  if (const auto* mounts = host.if_contains("Mounts"); mounts && mounts->is_array())
    for (const auto& mount : mounts->get_array())
      if (mount.at("Target").as_string() == target) {
        const auto* source = mount.as_object().if_contains("Source");
        const auto* type = mount.as_object().if_contains("Type");
        const bool anonymous =
            type && type->as_string() == "volume" && (!source || source->as_string().empty());
        return !anonymous;
      }
  if (const auto* binds = host.if_contains("Binds"); binds && binds->is_array())
    for (const auto& bind : binds->get_array()) {
      const std::string text(bind.as_string());
      const auto first = text.find(':');
      if (first != std::string::npos &&
          text.substr(first + 1, text.find(':', first + 1) - first - 1) == target)
        return true;
    }
  return false;
}

void take_over_volume(json::object& body, const std::string& target, const std::string& volume,
                      bool writable) {
  auto& mounts = body.at("HostConfig").as_object()["Mounts"];
  if (!mounts.is_array()) mounts = json::array{};
  auto& list = mounts.get_array();
  list.erase(std::ranges::remove(list, json::value(json::string(target)),
                                 [](const json::value& mount) { return mount.at("Target"); })
                 .begin(),
             list.end());
  list.push_back(
      json::object{{"Type", "volume"}, {"Source", volume}, {"Target", target}, {"ReadOnly", !writable}});
}

/// The previous containers of a service, in the order of their numbers.
std::vector<PreviousContainer> of_service(std::vector<PreviousContainer> previous,
                                          const std::string& service) {
  std::erase_if(previous, [&](const PreviousContainer& one) { return one.service != service; });
  std::ranges::sort(previous, {},
                    [](const PreviousContainer& one) { return std::pair(one.name.size(), one.name); });
  return previous;
}

/// The numbers, from 0 on, of the containers that `unchanged` leaves to be made: those whose names are free.
std::vector<std::size_t> containers_to_make(const ReleasedService& service,
                                            const std::vector<PreviousContainer>& unchanged) {
  const auto staying = of_service(unchanged, service.name);
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < service.containers.size(); ++i)
    if (staying.size() + missing.size() < service.containers.size() &&
        std::ranges::find(staying, service.container_names.at(i), &PreviousContainer::name) == staying.end())
      missing.push_back(i);
  return missing;
}

class Creation {
 public:
  Creation(const Attempt& attempt, const Release& release, const ReleaseProject& project,
           const Ownership& ours, const std::vector<PreviousContainer>& previous, const CandidateRules& rules)
      : attempt_(attempt),
        release_(release),
        project_(project),
        ours_(ours),
        previous_(previous),
        rules_(rules) {}

  void create_all() {
    for (const auto* service : in_order_of_creation(release_)) create(*service);
  }

 private:
  void create(const ReleasedService& service) {
    const auto missing = containers_to_make(service, rules_.unchanged);
    if (missing.empty()) return;
    const auto before = of_service(previous_, service.name);
    const auto declared = attempt_.engine.volumes_of_image(service.image_id);
    const auto find = [&](const std::string& other) { return containers_of(other); };
    const auto hash = hash_with_shared(attempt_, release_, project_, ours_, service, find);
    for (const auto i : missing) {
      auto body = with_shared(service.containers[i], service, ours_.project(), static_cast<int>(i + 1), find);
      if (i < before.size())
        if (const auto inspection = attempt_.engine.inspect(before[i].id))
          body = with_volumes_of(std::move(body), inspection->raw, declared);
      if (rules_.reshape) body = rules_.reshape(std::move(body));
      const auto id = attempt_.engine.create(candidate_name(service.container_names.at(i), attempt_.nonce),
                                             as_candidate(std::move(body), service, hash));
      for (const auto& file : service.injected)
        attempt_.engine.put_file(id, {file.target, file.text, file.mode, file.uid, file.gid});
      created_[service.name].push_back({id, service.container_names.at(i)});
    }
  }

  /// As compose names it, where that is this image now: an image that is pulled. Else the tag that keeps it.
  std::string image_name_for(const ReleasedService& service) const {
    const auto named = attempt_.engine.image_id(service.live_image);
    return named == service.image_id ? service.live_image : service.frozen_image;
  }

  json::object as_candidate(json::object body, const ReleasedService& service,
                            const std::string& hash) const {
    auto& labels = body["Labels"];
    if (!labels.is_object()) labels = json::object{};
    labels.as_object()[label::nonce] = attempt_.nonce;
    labels.as_object()[label::release] = release_.id;
    labels.as_object()[label::role] = "candidate";
    if (!hash.empty()) labels.as_object()[compose_label::config_hash] = hash;
    body["Image"] = image_name_for(service);
    if (auto* host = body.if_contains("HostConfig"); host && host->is_object())
      host->as_object()["RestartPolicy"] = json::object{{"Name", "no"}};
    return body;
  }

  /// What stays, and the candidates of this attempt; of a service that is not released, what runs.
  std::vector<SharedContainer> containers_of(const std::string& service) const {
    std::vector<SharedContainer> found;
    for (const auto& one : of_service(rules_.unchanged, service)) found.push_back({one.id, one.name});
    if (const auto made = created_.find(service); made != created_.end())
      found.insert(found.end(), made->second.begin(), made->second.end());
    return found.empty() ? running_to_share(ours_, service) : found;
  }

  const Attempt& attempt_;
  const Release& release_;
  const ReleaseProject& project_;
  const Ownership& ours_;
  const std::vector<PreviousContainer>& previous_;
  const CandidateRules& rules_;
  std::map<std::string, std::vector<SharedContainer>> created_;
};

/// The services sorted so that each comes after those that `needs` names; a circle keeps its place.
template <class Needs>
std::vector<const ReleasedService*> sorted_by(const Release& release, const Needs& needs) {
  std::vector<const ReleasedService*> ordered;
  std::set<std::string> seen;
  const std::function<void(const ReleasedService&)> add = [&](const ReleasedService& service) {
    if (!seen.insert(service.name).second) return;
    for (const auto& name : needs(service)) {
      const auto other = std::ranges::find(release.services, name, &ReleasedService::name);
      if (other != release.services.end()) add(*other);
    }
    ordered.push_back(&service);
  };
  for (const auto& service : release.services) add(service);
  return ordered;
}

}  // namespace

/// Compose, create.go: a volume of the container before goes on where the image declares a VOLUME of that
/// path, or the compose file a volume without a source.
json::object with_volumes_of(json::object body, const json::object& previous,
                             const std::vector<std::string>& declared) {
  const auto* mounts = previous.if_contains("Mounts");
  if (!mounts || !mounts->is_array()) return body;
  for (const auto& mount : mounts->get_array()) {
    const auto& one = mount.as_object();
    if (one.at("Type").as_string() != "volume") continue;
    const std::string target(one.at("Destination").as_string()), name(one.at("Name").as_string());
    if (has_mount(body, target)) continue;
    const auto* asked = body.at("HostConfig").as_object().if_contains("Mounts");
    const bool without_source =
        asked && asked->is_array() && std::ranges::any_of(asked->get_array(), [&](const json::value& wanted) {
          return wanted.at("Target") == json::string(target);
        });
    if (without_source || std::ranges::find(declared, target) != declared.end())
      take_over_volume(body, target, name, one.at("RW").as_bool());
  }
  return body;
}

std::vector<std::string> every_volume(const json::object& inspection) {
  std::vector<std::string> targets;
  if (const auto* mounts = inspection.if_contains("Mounts"); mounts && mounts->is_array())
    for (const auto& mount : mounts->get_array())
      if (mount.at("Type").as_string() == "volume") targets.emplace_back(mount.at("Destination").as_string());
  return targets;
}

std::vector<const ReleasedService*> in_order_of_creation(const Release& release) {
  return sorted_by(release, [](const ReleasedService& service) {
    std::vector<std::string> needs{service.shared.network, service.shared.ipc, service.shared.pid};
    for (const auto& from : service.shared.volumes) needs.push_back(from.substr(0, from.find(':')));
    for (const auto& link : service.shared.links) needs.push_back(link.substr(0, link.find(':')));
    return needs;
  });
}

std::vector<const ReleasedService*> in_order_of_start(const Release& release) {
  return sorted_by(release, [](const ReleasedService& service) {
    std::vector<std::string> needs;
    for (const auto& on : service.dependencies) needs.push_back(on.service);
    return needs;
  });
}

int number_to_make(const Release& release, const std::vector<PreviousContainer>& unchanged) {
  std::size_t number = 0;
  for (const auto& service : release.services) number += containers_to_make(service, unchanged).size();
  return static_cast<int>(number);
}

void create_candidates(const Attempt& attempt, const Release& release, const ReleaseProject& project,
                       const Ownership& ours, const std::vector<PreviousContainer>& previous,
                       const CandidateRules& rules) {
  Creation(attempt, release, project, ours, previous, rules).create_all();
}

}  // namespace belay
