#pragma once

#include <string>

#include <boost/json/value.hpp>

#include "cli/context.hpp"
#include "cli/environment_choice.hpp"
#include "control/session.hpp"
#include "model/host_facts.hpp"

namespace belay::cli {

/// Asks the host of an environment, over a connection of its own, what control/session.hpp's `ask` answers.
boost::json::value ask_host(Context&, const Chosen&, const std::string& about, boost::json::object arguments);

/// The open connection, for commands that go on to use it.
Session open_session(Context&, const Chosen&);

/// The containers of the environment's services, as the host sees them now.
std::vector<RunningContainer> containers_of(Context&, Session&, const Chosen&);

/// Those that `wanted` names, by service or by their own name; all of them if it is empty. Throws
/// Error{bad_input} with the list if there is none such.
std::vector<RunningContainer> containers_named(const std::vector<RunningContainer>&,
                                               const std::string& wanted, const std::string& environment);

/// The one that is meant; Error{bad_input} with the list if there are several.
RunningContainer the_container(const std::vector<RunningContainer>&, const std::string& how_to_choose);

}  // namespace belay::cli
