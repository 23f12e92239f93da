#include "runtime/edge_fit.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

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

bool is_among(const std::vector<std::string>& services, const std::string& name) {
  return std::ranges::find(services, name) != services.end();
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
         fmt::format("service {} stands behind the edge, and is not among those to release: {} publishes "
                     "nothing itself, and its ports would be nobody's",
                     service, container.name),
         fmt::format("add {} to services: in belay.yml; or deploy it once more with edge: off and "
                     "strategy: recreate, which hands its ports back, and leave it out then",
                     service)});
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
  return {{"edge", "there is no port for it to own: no released service publishes or exposes a TCP port",
           "release the service that publishes one as well (services: in belay.yml), give yours an expose: "
           "in the "
           "compose file, or write edge: off and strategy: recreate"}};
}

}  // namespace belay
