#pragma once

#include <vector>

#include <boost/json/object.hpp>

#include "model/container_command.hpp"

namespace belay {

/// The commands that compose runs in a container of this service of the model after each start
/// (`post_start`), in order. Those of `pre_stop` are compose's alone: it runs them for `stop` and `down`, and
/// not where `up` puts a new container in the place of another, which is all that a deployment does. Pure.
std::vector<ContainerCommand> commands_after_start(const boost::json::object& service);

}  // namespace belay
