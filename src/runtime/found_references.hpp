#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "model/release.hpp"

namespace belay {

/// A container that was found refers to others by their ids and names, which are gone once those have been
/// made anew. What it takes from them is kept by service, as in a release that belay froze itself.

/// The service of a container of the same project, by id or name; empty: it is none of the project's.
using ServiceOf = std::function<std::string(const std::string& container)>;

/// What a create body takes from containers of its own project. Links to them are taken out of the body: they
/// are put in again when the container is made.
SharedWithOthers take_references(boost::json::object& body, const ServiceOf&);

/// What compose's label `depends_on` says: "db:service_healthy:false,…".
std::vector<Dependency> dependencies_in_label(const std::string& label);

}  // namespace belay
