#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "model/release.hpp"

namespace belay {

/// A container that another one joins or links to: its id, and the name it has when settled.
struct SharedContainer {
  std::string id, name;
};
/// Finds the containers of a service that others refer to; empty: it has none.
using FindShared = std::function<std::vector<SharedContainer>(const std::string& service)>;

/// Puts the ids of other services' containers into a create body, as compose does at this point. `number` is
/// the container's own, which compose uses in link names. Throws Error where a service has no container.
boost::json::object with_shared(boost::json::object body, const ReleasedService&, const std::string& project,
                                int number, const FindShared&);

/// The same in the service's part of a resolved model, for the hash that compose compares.
boost::json::object model_with_shared(boost::json::object service, const SharedWithOthers&,
                                      const FindShared&);

}  // namespace belay
