#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "drivers/docker.hpp"
#include "model/host_facts.hpp"
#include "runtime/compose_model.hpp"

namespace belay {

/// How a network or volume of the compose file differs from the one that the Engine has: "driver_opts.mtu is
/// 1400, was made with 1450". Only what the compose file says is compared, and what the Engine does not make
/// up. Pure.
std::vector<std::string> network_changes(const boost::json::object& wanted, const boost::json::object& there);
std::vector<std::string> volume_changes(const boost::json::object& wanted, const boost::json::object& there);

/// Why compose would not use the network that is there under that name, or would first remove it: what
/// others made is never removed. Pure.
std::optional<Obstacle> network_obstacle(const std::string& project, const ProjectResource&,
                                         const boost::json::object& wanted, const boost::json::object& there);
/// A sentence that names the owner of a network or volume (`kind`) which is not this project's: compose warns
/// and uses it. Empty: it is this project's. Pure.
std::string used_of_other(const std::string& project, const char* kind, const ProjectResource&,
                          const boost::json::object& there);

/// Networks and volumes that these services need and cannot have: external ones that are not there, networks
/// that somebody else made under that name, and networks that a newer Compose would make anew, for which
/// every container in them has to stop.
std::vector<Obstacle> unusable_resources(const docker::Engine&, const boost::json::object& model,
                                         const std::vector<std::string>& services);
/// Those that are used as they are, as compose does, though another project made them or the compose file
/// says something else. A sentence each.
std::vector<std::string> used_as_they_are(const docker::Engine&, const boost::json::object& model,
                                          const std::vector<std::string>& services);

}  // namespace belay
