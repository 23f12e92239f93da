#pragma once

#include "release/live_files.hpp"
#include "runtime/ownership.hpp"
#include "runtime/release_project.hpp"
#include "steps/context.hpp"

namespace belay {

/// What is released may need others to run: they are started where they do not, and never made anew.
void start_accessories(Context&, const ReleaseProject&, const Ownership&);

/// Says which accessories run otherwise than the release's compose model and files say; notes it for the
/// report. `publication`: what the attempt changes in the live directory.
void tell_stale_accessories(Context&, const Release&, const Ownership&, const Publication&);

}  // namespace belay
