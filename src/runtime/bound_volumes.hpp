#pragma once

#include <string>

#include <boost/json/object.hpp>

namespace belay {

/// A local volume with `o: bind` is asked for by compose as a bind of the volume's name, not as a mount. In a
/// template, whose volumes are declared as made elsewhere, compose does not see the option: the body of a
/// service's template gets the form that it would have.
boost::json::object with_bound_volumes(boost::json::object body, const boost::json::object& model,
                                       const std::string& service);

}  // namespace belay
