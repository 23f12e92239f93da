#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace belay {

/// Wall-clock time in UTC, to the millisecond; what journals and releases carry.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

Time now();
/// 2026-01-12T10:33:00.123Z
std::string iso8601(Time);
/// Throws Error on anything else than iso8601()'s form.
Time parse_iso8601(std::string_view);
/// 20260112-103300, UTC: sorts by time; used in release ids and backup names.
std::string stamp(Time);

}  // namespace belay
