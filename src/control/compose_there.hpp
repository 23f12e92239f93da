#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "control/session.hpp"
#include "model/config.hpp"

namespace belay {

/// The compose file that would be shipped, resolved by the host's own compose beside the host's own .env: the
/// file goes there through a pipe, nothing is written.
struct ResolvedThere {
  std::optional<boost::json::object> model;
  std::string problem;  // compose's words, if there is no model
};
ResolvedThere resolve_there(Session&, const EnvironmentConfig&, const std::string& compose_text,
                            std::stop_token);

/// The host ports that these services publish, ascending.
std::vector<int> published_ports(const boost::json::object& model, const std::vector<std::string>& services);
/// The services of the model, in its order.
std::vector<std::string> services_of(const boost::json::object& model);

}  // namespace belay
