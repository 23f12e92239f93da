#pragma once

#include <vector>

#include "runtime/image_needs.hpp"
#include "runtime/release_project.hpp"
#include "steps/context.hpp"

namespace belay {

/// The images of a release that are not built: part of the build step.

/// Brings them from their registries and keeps each for the release under a tag of its own. A name that led
/// to another image before does so again afterwards: `docker compose up` by hand gets what serves, until
/// settle.
void bring_images_of(Context&, const ReleaseProject&, const std::vector<ImageNeed>&, Deadline);

/// Images of a kept release that others removed: named or pulled again. `step` says it.
void bring_back_images_of(Context&, const ReleaseProject&, const Release&, StepName step);

/// Undoes what a pull did to names: those that were not there are gone, the others are as they were.
void give_image_names_back(Context&);

}  // namespace belay
