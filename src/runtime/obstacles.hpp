#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "drivers/docker.hpp"
#include "model/config.hpp"
#include "model/host_facts.hpp"
#include "runtime/ownership.hpp"
#include "runtime/release_project.hpp"

namespace belay {

/// What keeps these services of the model from being released: containers of others, ports that are taken,
/// networks and volumes that cannot be used, services that the edge would forget. `check`, `plan` and the
/// deployment itself ask it, before anything is touched.
std::vector<Obstacle> obstacles_to(const docker::Engine&, const Ownership&, const boost::json::object& model,
                                   const std::vector<std::string>& services);
/// Containers and ports of others that are in the way of these frozen services. A rollback asks it, which
/// needs no compose; and a deployment once more, when it makes its containers.
std::vector<Obstacle> obstacles_to_containers(const docker::Engine&, const Ownership&,
                                              const std::vector<ReleasedService>&);
/// Of the environment's `strategy` by service: names that are not released, and services that the edge would
/// give requests to before they run. Pure.
std::vector<Obstacle> obstacles_of_strategy(const EnvironmentConfig&, const boost::json::object& model,
                                            const std::vector<std::string>& services);
/// Hooks that name a service which the project does not have.
std::vector<Obstacle> obstacles_of_hooks(const Ownership&, const EnvironmentConfig&,
                                         const boost::json::object& model);
/// All of these, and what belay does not do of the compose file: what keeps a release of these services from
/// being made, each with its place in the compose files.
std::vector<Obstacle> obstacles_to_release(const docker::Engine&, const Ownership&, const ReleaseProject&,
                                           const EnvironmentConfig&, const boost::json::object& model,
                                           const std::vector<std::string>& services);
/// Throws Error with all of them.
void require_no_obstacles(const std::vector<Obstacle>&,
                          const std::string& what_failed = "this release cannot be brought here");

/// The ports of these that another one has: a container that is not ours, or a program. A sentence each. Of a
/// range all ports have to be taken. Pure.
std::vector<std::string> ports_of_others(const std::vector<PortChoice>& wanted,
                                         const std::vector<docker::Container>& others,
                                         const std::vector<docker::Container>& own,
                                         const std::vector<HostPort>& listening);

}  // namespace belay
