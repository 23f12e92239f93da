#include "runtime/edge_fit.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/files.hpp"
#include "drivers/host_port.hpp"
#include "model/json_parts.hpp"
#include "model/labels.hpp"
#include "runtime/attempt.hpp"
#include "runtime/compose_model.hpp"

namespace belay {

namespace {

bool names_port(const boost::json::object& service) {
  return std::ranges::any_of(std::array{"ports", "expose"}, [&](const char* key) {
    const auto* list = service.if_contains(key);
    return list != nullptr && list->is_array() && !list->get_array().empty();
  });
}

/// "5353/udp", of the first port that it publishes and HAProxy does not pass on; empty: there is none.
std::string published_beside_tcp(const boost::json::object& service) {
  for (const auto& entry : array_at(service, "ports")) {
    if (!entry.is_object()) continue;
    const auto protocol = text_at(entry.get_object(), "protocol");
    const auto* target = entry.get_object().if_contains("target");
    if (target != nullptr && target->is_int64() && !protocol.empty() && protocol != "tcp")
      return fmt::format("{}/{}", target->get_int64(), protocol);
  }
  return {};
}

/// "host", "none" or another's: no edge answers to its names there.
bool has_no_network_of_its_own(const boost::json::object& service) {
  const auto mode = text_at(service, "network_mode");
  return mode == "host" || mode == "none" || mode.contains(':');
}

/// From here on Linux gives out ports by itself: what listens there is another number at each start, and
/// nobody calls it.
constexpr int first_passing_port = 32768;

/// Empty where one of its ports is named.
std::vector<int> ports_nobody_names(const docker::Engine& engine, const docker::Container& container) {
  if (!container.running()) return {};
  const auto inspection = engine.inspect(container.id);
  if (!inspection || !inspection->exposed_tcp_ports.empty()) return {};
  const auto process = number_at(object_at(inspection->raw, "State"), "Pid");
  // Of an Engine in another machine or container the number may be another process's here.
  const auto groups = read_file_if_exists(fmt::format("/proc/{}/cgroup", process)).value_or("");
  if (process <= 0 || !groups.contains(container.id)) return {};
  auto ports = ports_open_beside(process);
  std::erase_if(ports, [](int port) { return port >= first_passing_port; });
  return ports;
}

bool is_among(const std::vector<std::string>& services, const std::string& name) {
  return std::ranges::find(services, name) != services.end();
}

void add_undeclared_ports(std::vector<Obstacle>& found, const docker::Engine& engine,
                          const docker::Container& container, const boost::json::object& model) {
  const auto name = service_of(container);
  const auto& service = service_in(model, name);
  if (names_port(service) || has_no_network_of_its_own(service)) return;
  const auto ports = ports_nobody_names(engine, container);
  if (ports.empty()) return;
  found.push_back(
      {"edge",
       fmt::format("service {} listens on {}, which neither the compose file nor its image names: behind the "
                   "edge no container could reach it by its name",
                   name, fmt::join(ports, ", ")),
       fmt::format("write expose: [{}] for {} in the compose file, or edge: off and strategy: recreate",
                   fmt::join(ports, ", "), name),
       {"services", name}});
}

}  // namespace

std::vector<Obstacle> left_behind_edge(const Ownership& ours, const boost::json::object& model,
                                       const std::vector<std::string>& services) {
  std::vector<Obstacle> found;
  if (model.empty()) return found;  // a release of before models were kept
  const auto known = services_in(model);
  for (const auto& container : ours.containers()) {
    const auto service = service_of(container);
    if (!container.labels.contains(label::host) || is_among(services, service) || !is_among(known, service))
      continue;
    found.push_back(
        {"edge",
         fmt::format("service {} is behind the edge, but services: does not name it: {} publishes no port "
                     "itself, so no process would have its ports",
                     service, container.name),
         fmt::format("add {} to services: in belay.yml; or deploy it once more with edge: off and "
                     "strategy: recreate, which gives the ports back to the service, and then leave it out",
                     service),
         {"services", service}});
  }
  return found;
}

std::vector<Obstacle> nothing_for_edge(const docker::Engine& engine, const Ownership& ours,
                                       const boost::json::object& model,
                                       const std::vector<std::string>& services) {
  bool known = false;
  for (const auto& service : services) {
    if (names_port(service_in(model, service))) return {};
    for (const auto& container : ours.containers(service)) {
      const auto inspection = engine.inspect(container.id);
      if (!inspection) continue;
      if (!inspection->exposed_tcp_ports.empty()) return {};
      known = true;
    }
  }
  if (!known) return {};
  return {{"edge", "the edge has no port to own: no released service publishes or exposes a TCP port",
           "release the service that publishes one as well (services: in belay.yml), give yours an expose: "
           "in the "
           "compose file, or write edge: off and strategy: recreate"}};
}

std::vector<Obstacle> undeclared_ports(const docker::Engine& engine, const Ownership& ours,
                                       const boost::json::object& model,
                                       const std::vector<std::string>& services) {
  std::vector<Obstacle> found;
  if (model.empty()) return found;  // a release of before models were kept
  for (const auto& name : services) {
    const auto containers = ours.containers(name);
    // One with a label has an edge before it already, which has its names.
    if (!containers.empty() && !containers.front().labels.contains(label::host))
      add_undeclared_ports(found, engine, containers.front(), model);
  }
  return found;
}

std::vector<Obstacle> undeclared_ports(const docker::Engine& engine,
                                       const std::vector<docker::Container>& candidates,
                                       const boost::json::object& model) {
  std::vector<Obstacle> found;
  if (model.empty()) return found;  // a release of before models were kept
  std::set<std::string> seen;       // replicas are alike
  for (const auto& candidate : candidates)
    if (seen.insert(service_of(candidate)).second) add_undeclared_ports(found, engine, candidate, model);
  return found;
}

std::vector<Obstacle> unpublished_for_edge(const EdgeConfig& edge, const boost::json::object& model,
                                           const std::vector<std::string>& services) {
  std::vector<Obstacle> found;
  const auto published = published_ports(model, services);
  const auto require = [&](int port, const std::string& key) {
    if (std::ranges::find(published, port) == published.end())
      found.push_back({"edge",
                       fmt::format("no released service publishes port {}, which {} names", port, key),
                       fmt::format("publish it in the compose file, or correct {} in belay.yml", key)});
  };
  if (edge.tls) require(edge.tls->port, "edge.tls.port");
  for (const int port : edge.tcp) require(port, "edge.tcp");
  return found;
}

std::vector<Obstacle> unfit_for_edge(const boost::json::object& model,
                                     const std::vector<std::string>& services) {
  std::vector<Obstacle> found;
  for (const auto& name : services) {
    if (container_names_of(model, name).empty()) continue;  // replicas: 0
    const auto service = service_with_its_network(model, name);
    if (const auto port = published_beside_tcp(service); !port.empty())
      found.push_back(
          {"edge",
           fmt::format(
               "the edge cannot be in front of service {}, which publishes {}: HAProxy passes on TCP only",
               name, port),
           "let a service that is not released publish that port, or write edge: off and strategy: "
           "recreate",
           {"services", name, "ports"}});
    if (has_no_network_of_its_own(service))
      found.push_back(
          {"edge",
           fmt::format("the edge cannot be in front of service {}, which has no network of its own "
                       "(network_mode: {})",
                       name, text_at(service, "network_mode")),
           "give it a compose network, or write edge: off and strategy: recreate",
           {"services", name, "network_mode"}});
  }
  return found;
}

}  // namespace belay
