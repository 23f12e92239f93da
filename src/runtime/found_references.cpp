#include "runtime/found_references.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "model/json_parts.hpp"

namespace belay {

namespace json = boost::json;

namespace {

/// The service whose container's namespace is joined: "container:<id>".
std::string joined(const json::object& host, std::string_view key, const ServiceOf& service_of) {
  constexpr std::string_view prefix = "container:";
  const auto mode = text_at(host, key);
  return mode.starts_with(prefix) ? service_of(mode.substr(prefix.size())) : std::string{};
}

/// As compose's `volumes_from` names them: a service, or a container of others.
std::vector<std::string> volumes_from(const json::object& host, const ServiceOf& service_of) {
  std::vector<std::string> found;
  for (const auto& entry : array_at(host, "VolumesFrom")) {
    const std::string container(entry.as_string());
    const auto service = service_of(container.substr(0, container.find(':')));
    found.push_back(service.empty() ? "container:" + container : service);
  }
  // Where all are others' containers the body says so itself.
  if (std::ranges::all_of(found, [](const std::string& entry) { return entry.starts_with("container:"); }))
    found.clear();
  return found;
}

/// "name:alias" of a network, "/name:/of/alias" of the default one.
struct Link {
  std::string container, alias;
};
Link link_of(const json::value& entry) {
  const std::string text(entry.as_string());
  const auto colon = text.find(':');
  auto container = text.substr(0, colon),
       alias = colon == std::string::npos ? container : text.substr(colon + 1);
  if (container.starts_with('/')) container.erase(0, 1);
  if (alias.starts_with('/')) alias.erase(0, alias.rfind('/') + 1);
  return {container, alias};
}

bool is_number(std::string_view text) {
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

/// Besides the alias that was asked for compose gives two of its own: "db-1" and "shop-db-1".
bool is_compose_alias(const std::string& alias, const std::string& service) {
  const auto dash = alias.rfind('-');
  if (dash == std::string::npos || !is_number(alias.substr(dash + 1))) return false;
  const auto name = alias.substr(0, dash);
  return name == service || name.ends_with("-" + service);
}

/// Takes the links to the project's own containers out of `links`.
void take_links(json::value& links, const ServiceOf& service_of, std::vector<std::string>& taken) {
  if (!links.is_array()) return;
  json::array others;
  for (auto& entry : links.get_array()) {
    const auto link = link_of(entry);
    const auto service = service_of(link.container);
    if (service.empty()) {
      others.push_back(std::move(entry));
      continue;
    }
    const auto wanted = link.alias == service ? service : service + ":" + link.alias;
    if (!is_compose_alias(link.alias, service) && std::ranges::find(taken, wanted) == taken.end())
      taken.push_back(wanted);
  }
  links = others.empty() ? json::value(nullptr) : json::value(std::move(others));
}

}  // namespace

SharedWithOthers take_references(json::object& body, const ServiceOf& service_of) {
  auto& host = body["HostConfig"].as_object();
  SharedWithOthers shared{.network = joined(host, "NetworkMode", service_of),
                          .ipc = joined(host, "IpcMode", service_of),
                          .pid = joined(host, "PidMode", service_of),
                          .volumes = volumes_from(host, service_of)};
  if (auto* links = host.if_contains("Links")) take_links(*links, service_of, shared.links);
  if (auto* networking = body.if_contains("NetworkingConfig"))
    for (auto& endpoint : networking->as_object().at("EndpointsConfig").as_object())
      if (auto* links = endpoint.value().as_object().if_contains("Links"))
        take_links(*links, service_of, shared.links);
  return shared;
}

std::vector<Dependency> dependencies_in_label(const std::string& label) {
  std::vector<Dependency> found;
  for (std::size_t from = 0; from < label.size();) {
    const auto end = std::min(label.find(',', from), label.size());
    const auto one = label.substr(from, end - from);
    const auto first = one.find(':'), second = one.find(':', first == std::string::npos ? first : first + 1);
    Dependency on{.service = one.substr(0, first), .condition = "service_started"};
    if (first != std::string::npos) on.condition = one.substr(first + 1, second - first - 1);
    on.restart = second != std::string::npos && one.substr(second + 1) == "true";
    if (!on.service.empty()) found.push_back(std::move(on));
    from = end + 1;
  }
  return found;
}

}  // namespace belay
