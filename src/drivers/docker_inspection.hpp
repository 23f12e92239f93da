#pragma once

#include <boost/json/object.hpp>

#include "drivers/docker.hpp"

namespace belay::docker {

/// One entry of GET /containers/json.
Container container_from_list(const boost::json::object&);
/// The answer of GET /containers/{id}/json.
Inspection inspection_from(boost::json::object);

}  // namespace belay::docker
