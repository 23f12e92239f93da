#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace belay {

/// 0 s, 0.42 s, 3.1 s, 42 s, 2 min 05 s, 3 h 12 min, 4 days (from 48 h on): as people say it. Below zero is 0
/// s.
std::string human_duration(std::chrono::milliseconds);
/// 512 B, 14.2 kB, 3.1 MB, 1.4 GB (powers of 1000, up to EB).
std::string human_bytes(std::uint64_t);

}  // namespace belay
