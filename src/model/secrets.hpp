#pragma once

#include <boost/json/object.hpp>

#include "model/config.hpp"

namespace belay {

/// What an environment holds that must not stand in a journal, in a plan's JSON or in any output: passwords
/// and header values of health checks. A plan's JSON leaves them out; they travel beside it (wire::Start),
/// and lie beside the journal (Layout::secrets) for as long as the run is open.

/// By place: {"health.password": "…", "health.web.headers.X-Token": "…"}.
boost::json::object secrets_of(const EnvironmentConfig&);

/// Puts them back where they were taken from. Places that the environment does not have are left out.
void give_secrets(EnvironmentConfig&, const boost::json::object&);

}  // namespace belay
