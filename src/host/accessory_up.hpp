#pragma once

#include <stop_token>

#include <boost/json/value.hpp>

#include "host/arguments.hpp"
#include "model/layout.hpp"
#include "model/up_request.hpp"
#include "model/wire.hpp"

namespace belay {

/// `belay up`: makes one service that is not released anew, from the live directory, as
/// `docker compose up -d --no-deps --force-recreate SERVICE` typed there would, with the project, files and
/// values that belay uses. Holds the environment's lock meanwhile, and first recovers what a dead deployment
/// left: so it may fork, and its process has no threads yet. Throws Error{bad_input} for a service that is
/// released, or none of those there are; Error{busy} while a deployment is under way; Error with the last
/// lines of its log if it does not run afterwards.
UpAnswer made_anew(const HostArguments&, const UpRequest&);

/// As above, for a session: by a process of its own, which sees it through should the session end.
boost::json::value made_anew_in_own_process(const Layout&, const wire::Ask&, std::stop_token);

}  // namespace belay
