#include "drivers/docker_inspection.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "drivers/docker_connection.hpp"

namespace belay::docker {
namespace {

namespace json = boost::json;

/// The Engine writes nanoseconds, or none ("2026-01-12T10:33:00Z"), and year 1 for "never".
Time time_from(const std::string& text) {
  if (text.size() < 20 || text.starts_with("0001-")) return {};
  std::string fraction =
      text[19] == '.' ? text.substr(20, text.find_first_not_of("0123456789", 20) - 20) : "";
  fraction.resize(3, '0');
  return parse_iso8601(text.substr(0, 19) + "." + fraction + "Z");
}

std::vector<int> tcp_ports(const json::object& exposed) {
  std::vector<int> ports;
  for (const auto& entry : exposed)
    if (const auto port = tcp_port(entry.key())) ports.push_back(*port);
  std::ranges::sort(ports);
  return ports;
}

/// `bindings`: container port → list of {HostIp, HostPort}.
std::vector<std::string> published_from(const json::object& bindings) {
  std::vector<std::string> published;
  for (const auto& [port, hosts] : bindings) {
    if (!hosts.is_array()) continue;
    for (const json::value& host : hosts.get_array()) {
      if (!host.is_object()) continue;
      std::string address = text_at(host.get_object(), "HostIp");
      if (address.empty()) address = "0.0.0.0";
      published.push_back(fmt::format("{}:{}->{}", address, text_at(host.get_object(), "HostPort"),
                                      std::string_view(port.data(), port.size())));
    }
  }
  return published;
}

std::string without_slash(const std::string& name) {
  return name.starts_with('/') ? name.substr(1) : name;
}

}  // namespace

Container container_from_list(const json::object& entry) {
  Container container;
  container.id = text_at(entry, "Id");
  container.image = text_at(entry, "Image");
  container.image_id = text_at(entry, "ImageID");
  container.state = text_at(entry, "State");
  container.labels = texts_in(object_at(entry, "Labels"));
  // Legacy links appear as further names, "/other/alias".
  for (const auto& listed : texts_at(entry, "Names")) {
    const auto name = without_slash(listed);
    if (!name.empty() && !name.contains('/')) container.name = name;
  }
  for (const json::value& port : array_at(entry, "Ports"))
    if (port.is_object())
      if (const auto number = number_at(port.get_object(), "PublicPort"); number != 0)
        container.published.push_back(
            {text_at(port.get_object(), "IP"), static_cast<int>(number), text_at(port.get_object(), "Type")});
  return container;
}

Inspection inspection_from(json::object answer) {
  const json::object& config = object_at(answer, "Config");
  const json::object& state = object_at(answer, "State");
  const json::object& host = object_at(answer, "HostConfig");
  const json::object& policy = object_at(host, "RestartPolicy");
  const json::object& network = object_at(answer, "NetworkSettings");

  Inspection found;
  found.container = {text_at(answer, "Id"),
                     without_slash(text_at(answer, "Name")),
                     text_at(config, "Image"),
                     text_at(answer, "Image"),
                     text_at(state, "Status"),
                     texts_in(object_at(config, "Labels")),
                     {}};
  found.exit_code = static_cast<int>(number_at(state, "ExitCode"));
  found.oom_killed = flag_at(state, "OOMKilled");
  found.restarts = static_cast<int>(number_at(answer, "RestartCount"));
  found.started = time_from(text_at(state, "StartedAt"));
  found.finished = time_from(text_at(state, "FinishedAt"));
  found.health = text_at(object_at(state, "Health"), "Status");
  if (found.health == "none") found.health.clear();
  found.restart_policy = text_at(policy, "Name");
  found.restart_maximum = static_cast<int>(number_at(policy, "MaximumRetryCount"));
  for (const auto& [name, settings] : object_at(network, "Networks")) {
    if (!settings.is_object()) continue;
    if (std::string address = text_at(settings.get_object(), "IPAddress"); !address.empty())
      found.addresses.emplace(name, address);
    if (std::string address = text_at(settings.get_object(), "GlobalIPv6Address"); !address.empty())
      found.ipv6_addresses.emplace(name, address);
  }
  found.exposed_tcp_ports = tcp_ports(object_at(config, "ExposedPorts"));
  // What is bound now; of a container that does not run, what will be.
  found.published = published_from(object_at(network, "Ports"));
  if (found.published.empty()) found.published = published_from(object_at(host, "PortBindings"));
  found.raw = std::move(answer);
  return found;
}

}  // namespace belay::docker
