#pragma once

#include <vector>

#include "steps/context.hpp"

namespace belay {

/// Part of the build step with `build: here`: the machine where belay was started builds these services, and
/// sends what this Engine lacks. `model`: of compose, with nothing but what is built, and with paths of the
/// release's source. Throws Error where a build needs what only the server has.
void have_images_built(Context&, const boost::json::object& model, const std::vector<std::string>& services,
                       Deadline);

/// Removes what an attempt that failed or was killed left of it. Says how many files that were: some may
/// still be arriving.
int forget_images_built(const Context&);

}  // namespace belay
