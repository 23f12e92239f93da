#pragma once

#include <string>
#include <vector>

#include "drivers/docker.hpp"
#include "drivers/haproxy.hpp"
#include "model/host_facts.hpp"
#include "model/layout.hpp"

namespace belay {

/// The containers of the edge in front of this environment, whether they run or not.
std::vector<docker::Container> edges_there(const Layout&, const docker::Engine&);

/// The state to show of a slot whose container is in this state, "running" … (empty: not known). HAProxy
/// takes some seconds to see that a container has stopped.
std::string slot_state(const haproxy::Server&, const std::string& container_state);

/// Who stands behind it, by its own counters; empty where it does not answer.
std::vector<EdgeSlot> edge_slots(const Layout&, const docker::Engine&, const docker::Container& edge);

/// Its certificates' files are read anew, without cutting anybody off. Throws Error where there is no edge
/// that ends TLS.
std::vector<EdgeCertificate> reload_certificates(const Layout&);

}  // namespace belay
