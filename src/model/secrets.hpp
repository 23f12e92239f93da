#pragma once

#include <boost/json/object.hpp>

#include "model/config.hpp"
#include "model/masks.hpp"

namespace belay {

/// What an environment holds that must not stand in a journal, in a plan's JSON or in any output. There are
/// two kinds. Passwords and header values of health checks, as belay.yml writes them: a plan's JSON leaves
/// them out; they travel beside it (wire::Start), and lie beside the journal (Layout::secrets) for as long as
/// the run is open. And the values of variables (EnvironmentConfig::variables): they travel beside the plan,
/// too, and are never on the disk.

/// By place: {"health.password": "…", "health.web.headers.X-Token": "…"}.
boost::json::object secrets_of(const EnvironmentConfig&);

/// Puts them back where they were taken from. Places that the environment does not have are left out.
void give_secrets(EnvironmentConfig&, const boost::json::object&);

/// What hides the values that are secrets; not those of `shown_variables`.
Masks masks_of(const EnvironmentConfig&, const Values& variables);

/// The mistake that a secret has no value, and no source that could have one.
Problem unset_secret(const std::string& config_file, const NeededSecret&, const SecretSources&);
/// What can be done besides setting a variable: ", or put it into …"; empty without a file.
std::string or_into_file(const SecretSources&);

}  // namespace belay
