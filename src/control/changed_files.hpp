#pragma once

#include <stop_token>
#include <vector>

#include "control/session.hpp"
#include "control/source.hpp"
#include "drivers/rsync.hpp"
#include "model/config.hpp"
#include "model/host_facts.hpp"

namespace belay {

/// The files that would differ from what serves: from the current release's source, else from the live
/// directory, else all of them. What `build.local` makes is not among them: it is not run for this.
std::vector<rsync::Change> changed_files(Session&, const EnvironmentConfig&, const Checkout&,
                                         const HostFacts&, std::stop_token);

}  // namespace belay
