#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "drivers/docker.hpp"
#include "model/config.hpp"
#include "model/host_facts.hpp"
#include "runtime/ownership.hpp"

namespace belay {

/// What an edge asks of the choice of `services:`, looked at before anything is touched.

/// Services of the project that stand behind the edge and are left out: their containers publish nothing
/// themselves, and the edge would no longer pass their ports on.
std::vector<Obstacle> left_behind_edge(const Ownership&, const boost::json::object& model,
                                       const std::vector<std::string>& services);

/// None of them publishes or exposes a TCP port, by the compose file and by the images that run now. Nothing
/// is said where neither is there: the image is not built yet.
std::vector<Obstacle> nothing_for_edge(const docker::Engine&, const Ownership&,
                                       const boost::json::object& model,
                                       const std::vector<std::string>& services);

/// Those of them that run, not behind an edge yet, and listen on ports that neither the compose file nor the
/// image names: an edge would take over their names and pass on nothing.
std::vector<Obstacle> undeclared_ports(const docker::Engine&, const Ownership&,
                                       const boost::json::object& model,
                                       const std::vector<std::string>& services);

/// The same of candidates, which are to stand behind an edge for the first time: what their images listen on
/// is known only when they run.
std::vector<Obstacle> undeclared_ports(const docker::Engine&,
                                       const std::vector<docker::Container>& candidates,
                                       const boost::json::object& model);

/// Ports that `edge.tls` and `edge.tcp` name and no released service publishes. Pure.
std::vector<Obstacle> unpublished_for_edge(const EdgeConfig&, const boost::json::object& model,
                                           const std::vector<std::string>& services);

/// Those of them that no edge can stand in front of: they publish a port that is not TCP's, or have another's
/// network. Pure.
std::vector<Obstacle> unfit_for_edge(const boost::json::object& model,
                                     const std::vector<std::string>& services);

}  // namespace belay
