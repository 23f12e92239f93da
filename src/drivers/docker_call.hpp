#pragma once

#include "drivers/docker.hpp"
#include "drivers/docker_connection.hpp"

namespace belay::docker {

/// An exchange addressed to the Engine in its own API version.
struct Engine::Call : Exchange {};

}  // namespace belay::docker
