#pragma once

#include <string>

#include "drivers/docker.hpp"
#include "model/host_facts.hpp"

namespace belay {

/// What is told of a container to a controller.
RunningContainer running_container(const docker::Inspection&, const std::string& service);

}  // namespace belay
