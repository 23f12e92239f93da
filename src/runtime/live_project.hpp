#pragma once

#include <optional>
#include <stop_token>

#include <boost/json/object.hpp>

#include "drivers/compose.hpp"
#include "model/config.hpp"
#include "model/layout.hpp"
#include "model/release.hpp"

namespace belay {

/// The compose project that lies in the live directory, under the name that the release that serves has.
compose::Project live_project(const Layout&, const EnvironmentConfig&, const Release& current);

/// Its resolved model. A service that only a profile brings in is in it when it is named, as with
/// `docker compose up SERVICE`. Throws Error{bad_input} with the services there are where it is none of them.
boost::json::object live_model(compose::Project, const std::string& service, std::stop_token);

}  // namespace belay
