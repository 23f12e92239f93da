#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "model/host_facts.hpp"

namespace belay {

/// What Compose does for these services beside making their containers, and belay does not: models and
/// providers, which are programs of the server; the server's own logins in a container (use_api_socket); and
/// containers that run before a service's own (pre_start). They are refused rather than left out without a
/// word. Pure.
std::vector<Obstacle> unreleasable_keys(const boost::json::object& model,
                                        const std::vector<std::string>& services);

}  // namespace belay
