#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "drivers/haproxy.hpp"
#include "model/config.hpp"
#include "model/release.hpp"

namespace belay {

/// What the edge in front of a release has to be, told by the release's frozen create bodies alone: no I/O.

/// The compose service that the edge shows itself as.
inline constexpr auto edge_service = "belay-edge";

struct EdgeShape {
  std::string project;
  std::vector<haproxy::Listener> listeners;
  std::vector<haproxy::Backend> backends;  // one for each service and port, its slots free
  boost::json::object port_bindings;       // what the services published, as the Engine's create body has it
  boost::json::object endpoints;           // the services' networks, with their aliases
};

/// Throws Error where an edge cannot stand in front: a service without a network of its own, one that
/// publishes UDP, TLS on a port that nobody publishes, a port of `edge.tcp` that several services have
/// inside.
EdgeShape edge_shape(const Release&, const EdgeConfig&);

/// The names, in the edge's directory, of the files that its certificates are copied to.
std::vector<std::string> certificate_names(const TlsConfig&);

/// The backends that a service's containers have a slot in.
std::vector<const haproxy::Backend*> backends_of(const EdgeShape&, const std::string& service);

/// The edge's container: everything but what the directory (mounted at /belay) holds.
boost::json::object edge_body(const EdgeShape&, const EdgeConfig&, const std::string& directory);

/// A candidate that stands behind the edge: it publishes nothing, and is known by `host` only. What it would
/// have published stands in a label.
boost::json::object behind_edge(boost::json::object body, const std::string& host);

/// How the edge finds the n-th container of an attempt, whatever its name and address become.
std::string edge_host(const std::string& nonce, std::size_t number);

}  // namespace belay
