#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "drivers/docker.hpp"
#include "drivers/own_port.hpp"
#include "model/config.hpp"

namespace belay {

/// What each container of a release is asked.
struct HealthTarget {
  docker::Inspection container;
  std::string service;
  /// The check whose URL leads to it: its service's own, or the environment's. Empty: another service has it.
  std::optional<HealthCheck> check{};
  /// Where that URL arrives. Empty if the container does not tell.
  std::optional<OwnPort> port{};
  /// Whether nothing but `port` will do. An image's EXPOSE alone promises nothing.
  bool port_must_accept = false;
  /// The other ports that it publishes, else the one that it exposes.
  std::vector<OwnPort> further{};
  bool publishes = false;
};

/// The environment's own check goes to the service that publishes its URL's port; without one, to the only
/// service that publishes a port, or to the only service there is.
std::vector<HealthTarget> health_targets(const EnvironmentConfig&, std::vector<docker::Inspection>,
                                         const Values& = {});

/// The ports where the checks' URLs arrive.
std::vector<OwnPort> asked_ports(const std::vector<HealthTarget>&);
/// The ports where requests arrive: those, and of every other container the only one that it publishes.
std::vector<OwnPort> traffic_ports(const std::vector<HealthTarget>&);

/// How long the container's HEALTHCHECK itself waits before it says unhealthy: its start period and all
/// retries. Zero without one.
std::chrono::milliseconds healthcheck_patience(const docker::Inspection&);
/// The command of its HEALTHCHECK, as the Engine would run it in the container: by the image's shell where it
/// is a text. Empty if it has none.
std::vector<std::string> healthcheck_command(const docker::Inspection&);
/// What its HEALTHCHECK said last, newest at the end; a line each.
std::vector<std::string> healthcheck_outputs(const docker::Inspection&, std::size_t most = 3);

}  // namespace belay
