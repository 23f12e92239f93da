#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drivers/docker.hpp"
#include "model/host_facts.hpp"

namespace belay {

/// "3001 by container x" if a TCP port of this host is taken by anything but the given containers.
std::optional<std::string> taken_by_another(const docker::Engine&, int port,
                                            const std::vector<RunningContainer>& ours);

}  // namespace belay
