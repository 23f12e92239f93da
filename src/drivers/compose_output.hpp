#pragma once

#include <boost/json/object.hpp>

namespace belay::compose {

/// What `config --format json` prints, as compose reads it: the keys of devices in blkio_config come with
/// capital letters, which it refuses.
boost::json::object readable_output(boost::json::object model);

}  // namespace belay::compose
