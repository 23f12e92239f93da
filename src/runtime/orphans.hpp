#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "model/release.hpp"
#include "runtime/ownership.hpp"

namespace belay {

/// Containers of this project that run for a service which the release's compose model does not have, and
/// which no release of belay's brought: they go on running, as after `docker compose up`. A sentence each.
/// `current`: the release that serves; what it has and the next one has not is stopped with the switch.
std::vector<std::string> orphans(const Ownership&, const boost::json::object& model,
                                 const std::optional<Release>& current);

}  // namespace belay
