#include "runtime/shared_hash.hpp"

#include <algorithm>
#include <chrono>

#include <boost/json.hpp>

#include "base/files.hpp"
#include "drivers/compose.hpp"

namespace belay {

namespace json = boost::json;

namespace {

constexpr auto compose_time = std::chrono::minutes(2);

}  // namespace

std::vector<SharedContainer> running_to_share(const Ownership& ours, const std::string& service) {
  std::vector<SharedContainer> found;
  for (const auto& container : ours.containers(service)) found.push_back({container.id, container.name});
  std::ranges::sort(found, {},
                    [](const SharedContainer& one) { return std::pair(one.name.size(), one.name); });
  return found;
}

bool all_to_share_are_there(const ReleasedService& service, const FindShared& find) {
  const auto& shared = service.shared;
  std::vector<std::string> others;
  for (const auto& other : {shared.network, shared.ipc, shared.pid})
    if (!other.empty()) others.push_back(other);
  for (const auto& from : shared.volumes)
    if (!from.starts_with("container:")) others.push_back(from.substr(0, from.find(':')));
  return std::ranges::none_of(others, [&](const std::string& other) { return find(other).empty(); });
}

std::string hash_with_shared(const Attempt& attempt, const Release& release, const ReleaseProject& project,
                             const Ownership& ours, const ReleasedService& service, const FindShared& find) {
  auto shared = service.shared;
  shared.links.clear();  // not part of it
  const auto text =
      shared.any() ? read_file_if_exists(attempt.layout.compose_model(release.id)) : std::nullopt;
  if (!text) return {};
  auto model = json::parse(*text).as_object();
  auto& services = model.at("services").as_object();
  services[service.name] = model_with_shared(services.at(service.name).as_object(), shared, find);
  const auto file = attempt.layout.release(attempt.release) / "shared.json";
  make_directories(file.parent_path());
  write_file_atomically(file, json::serialize(model));
  // A container's id may stand where compose expects a service's name, and is none to depend on.
  const auto hashes = compose::service_hashes(project.in_live(file, ours.project()), attempt.stop,
                                              Deadline::in(compose_time), compose::Reading::as_it_is);
  remove_tree(file);
  const auto found = hashes.find(service.name);
  return found == hashes.end() ? std::string{} : found->second;
}

}  // namespace belay
