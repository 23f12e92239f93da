#include <algorithm>

#include "drivers/docker.hpp"
#include "drivers/docker_connection.hpp"

namespace belay::docker {
namespace {

namespace json = boost::json;

/// What a user can have asked for of one network; the rest of the entry is what the Engine made of it.
json::object endpoint_of(const json::object& settings, const std::string& short_id) {
  json::object endpoint;
  for (const char* key : {"IPAMConfig", "Links", "DriverOpts", "GwPriority"})
    if (const json::value* value = settings.if_contains(key); value != nullptr && !value->is_null())
      endpoint.emplace(key, *value);
  json::array aliases;
  for (const auto& alias : texts_at(settings, "Aliases"))
    if (alias != short_id) aliases.push_back(json::string(alias));
  if (!aliases.empty()) endpoint.emplace("Aliases", std::move(aliases));
  return endpoint;
}

/// Networks of their own have only containers that are not in somebody else's (host, none, container:x).
bool has_endpoints(const std::string& network_mode) {
  return network_mode != "host" && network_mode != "none" && !network_mode.starts_with("container:");
}

}  // namespace

json::object create_body_of(const json::object& inspection) {
  const std::string short_id = text_at(inspection, "Id").substr(0, 12);
  const json::object& host = object_at(inspection, "HostConfig");
  const std::string network_mode = text_at(host, "NetworkMode");

  json::object body = object_at(inspection, "Config");
  // With `uts: host` the machine's own name is shown, and refused if asked for.
  if (text_at(body, "Hostname") == short_id || text_at(host, "UTSMode") == "host") body.erase("Hostname");
  if (network_mode.starts_with("container:")) {
    // Shown, because the image or the other container has them; refused, if asked for.
    body.erase("Hostname");
    body.erase("ExposedPorts");
  }
  body["HostConfig"] = host;
  if (!has_endpoints(network_mode)) return body;

  json::object endpoints;
  for (const auto& [name, settings] : object_at(object_at(inspection, "NetworkSettings"), "Networks"))
    if (settings.is_object()) endpoints.emplace(name, endpoint_of(settings.get_object(), short_id));
  if (!endpoints.empty()) body["NetworkingConfig"] = json::object{{"EndpointsConfig", std::move(endpoints)}};
  return body;
}

}  // namespace belay::docker
