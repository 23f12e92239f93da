#pragma once

#include <string>

#include "base/time.hpp"

namespace belay::cli {

/// 2026-01-12 10:33:25 UTC; empty for no time.
std::string time_text(Time);
/// "2 min 05 s ago"; empty for no time.
std::string ago_text(Time then, Time now);

}  // namespace belay::cli
