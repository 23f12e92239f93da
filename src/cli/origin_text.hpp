#pragma once

#include <string>

#include "model/release.hpp"

namespace belay::cli {

/// Where a release comes from: its commit, with these words before and after it, "4f2a9c1 feat: greet by
/// name"; or that it was there before belay.
std::string origin_text(const Release&, const std::string& before, const std::string& after);

}  // namespace belay::cli
