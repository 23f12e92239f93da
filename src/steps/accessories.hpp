#pragma once

#include "release/live_files.hpp"
#include "runtime/ownership.hpp"
#include "runtime/release_project.hpp"
#include "steps/context.hpp"

namespace belay {

/// What is released may need others to run: they are started where they do not, and never made anew.
void start_accessories(Context&, const ReleaseProject&, const Ownership&);

/// Says which accessories run otherwise than the release's compose model and files say, and which of the
/// `unchanged` services have a file mounted that the release changes; notes it for the report. `publication`:
/// what the attempt changes in the live directory.
void tell_what_stays_behind(Context&, const Release&, const Ownership&, const Publication&,
                            const std::vector<std::string>& unchanged);

}  // namespace belay
