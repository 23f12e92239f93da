#pragma once

#include <map>
#include <string>

#include <boost/json/object.hpp>

#include "drivers/docker.hpp"

namespace belay {

/// A container that has to come back may be gone when it is needed: while it is stopped, `docker container
/// prune` of others takes it. What it was made of is kept beforehand.

/// The create body that makes this container again, with its anonymous volumes and its image as it is now.
boost::json::object body_to_make_again(const docker::Engine&, const docker::Inspection&);

/// Makes it again, stopped, under its name. `renewed`: containers that were made again before, new ids by old
/// ones; a namespace it shared with one of them is found in it. Throws Error where its image is gone as well.
std::string make_again(const docker::Engine&, const std::string& name, const boost::json::object& body,
                       const std::map<std::string, std::string>& renewed);

}  // namespace belay
