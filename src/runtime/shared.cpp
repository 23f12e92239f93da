#include "runtime/shared.hpp"

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/error.hpp"

namespace belay {

namespace json = boost::json;

namespace {

SharedContainer first_of(const std::string& service, const std::string& wanted_by, const FindShared& find) {
  const auto found = find(service);
  if (found.empty())
    throw Error(fmt::format("service {} needs a container of {}", wanted_by, service), "there is none",
                fmt::format("start it: docker compose up -d {}", service));
  return found.front();
}

/// "web:ro" → "web". Compose drops what follows the name.
std::string service_in_volumes_from(const std::string& entry) {
  return entry.substr(0, entry.find(':'));
}

std::string id_for_volumes(const std::string& entry, const std::string& wanted_by, const FindShared& find) {
  constexpr std::string_view container = "container:";
  if (entry.starts_with(container)) return service_in_volumes_from(entry.substr(container.size()));
  return first_of(service_in_volumes_from(entry), wanted_by, find).id;
}

json::array links_of(const ReleasedService& service, const std::string& project, int number,
                     const FindShared& find) {
  json::array links;
  for (const auto& link : service.shared.links) {
    const auto colon = link.find(':');
    const auto target = link.substr(0, colon);
    const auto alias = colon == std::string::npos ? target : link.substr(colon + 1);
    for (const auto& container : find(target))
      for (const auto& name :
           {alias, fmt::format("{}-{}", target, number), fmt::format("{}-{}-{}", project, target, number)})
        links.push_back(json::string(fmt::format("{}:{}", container.name, name)));
  }
  return links;
}

/// Before what is there, the external links: in compose's order, which decides between two of one name.
void put_first(json::value& all, const json::array& links) {
  if (!all.is_array()) all = json::array{};
  all.get_array().insert(all.get_array().begin(), links.begin(), links.end());
}

void add_links(json::object& body, const json::array& links) {
  if (links.empty()) return;
  put_first(body["HostConfig"].as_object()["Links"], links);
  auto* networking = body.if_contains("NetworkingConfig");
  if (!networking) return;
  for (auto& endpoint : networking->as_object().at("EndpointsConfig").as_object())
    put_first(endpoint.value().as_object()["Links"], links);
}

}  // namespace

json::object with_shared(json::object body, const ReleasedService& service, const std::string& project,
                         int number, const FindShared& find) {
  const auto& shared = service.shared;
  auto& host = body["HostConfig"].as_object();
  const auto joined = [&](const std::string& with) {
    return json::string("container:" + first_of(with, service.name, find).id);
  };
  if (!shared.network.empty()) {
    host["NetworkMode"] = joined(shared.network);
    for (const char* key : {"NetworkingConfig", "Hostname", "Domainname", "ExposedPorts"}) body.erase(key);
  }
  if (!shared.ipc.empty()) host["IpcMode"] = joined(shared.ipc);
  if (!shared.pid.empty()) host["PidMode"] = joined(shared.pid);
  if (!shared.volumes.empty()) {
    json::array from;
    for (const auto& entry : shared.volumes)
      from.push_back(json::string(id_for_volumes(entry, service.name, find)));
    host["VolumesFrom"] = std::move(from);
  }
  add_links(body, links_of(service, project, number, find));
  return body;
}

json::object model_with_shared(json::object service, const SharedWithOthers& shared, const FindShared& find) {
  const auto joined = [&](const std::string& with) {
    return json::string("container:" + first_of(with, with, find).id);
  };
  if (!shared.network.empty()) service["network_mode"] = joined(shared.network);
  if (!shared.ipc.empty()) service["ipc"] = joined(shared.ipc);
  if (!shared.pid.empty()) service["pid"] = joined(shared.pid);
  if (!shared.volumes.empty()) {
    json::array from;
    for (const auto& entry : shared.volumes) from.push_back(json::string(id_for_volumes(entry, entry, find)));
    service["volumes_from"] = std::move(from);
  }
  return service;
}

}  // namespace belay
