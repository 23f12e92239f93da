#pragma once

#include <string>

#include "model/release.hpp"

namespace belay::cli {

/// Where a release comes from: its commit, with these words before and after it, "4f2a9c1 feat: greet by
/// name"; or that it was there before belay.
std::string origin_text(const Release&, const std::string& before, const std::string& after);

/// The row of `build.local` in what is shown of a deployment.
inline constexpr auto local_build_row = "build here";

/// What was built where belay was started: "12 files for the release (1.2 MB): src/version.ts (changed),
/// dist/".
std::string built_text(const BuiltHere&);

}  // namespace belay::cli
