#pragma once

#include <string>
#include <vector>

#include "drivers/docker.hpp"
#include "model/layout.hpp"
#include "model/release.hpp"

namespace belay {

/// What of the release that is to serve does not run: a sentence for each container that is off and whose
/// work is not done, for each service that lacks one, and for its edge. Empty: all of it runs. Asks the
/// Engine.
std::vector<std::string> what_is_off(const docker::Engine&, const Layout&, const Release&);
/// The same of the current release, if there is one.
std::vector<std::string> what_of_current_is_off(const Layout&);

}  // namespace belay
