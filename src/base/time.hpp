#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace belay {

/// 2026-01-12T10:33:00.123Z
std::string iso8601(Time);
/// Throws Error on anything else than iso8601()'s form.
Time parse_iso8601(std::string_view);
/// 20260112-103300, UTC: sorts by time; used in release ids and backup names.
std::string stamp(Time);

}  // namespace belay
