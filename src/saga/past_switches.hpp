#pragma once

#include <cstddef>
#include <vector>

#include "model/gap.hpp"
#include "model/layout.hpp"
#include "model/plan.hpp"

namespace belay {

/// The newest deployments and rollbacks, `most` at the most, that stopped and started containers the way one
/// of this environment would (same strategy, with an edge or without), newest first. A journal that cannot be
/// read tells nothing: `belay releases` and the next deployment name it.
std::vector<PastSwitch> past_switches(const Layout&, const EnvironmentConfig&, std::size_t most);

}  // namespace belay
