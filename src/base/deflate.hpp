#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace belay {

/// In zlib's format (RFC 1950), which ends with a checksum.
std::string deflated(std::string_view bytes);
/// Throws Error where the data is damaged or cut, or stands for more than `limit` bytes.
std::string inflated(std::string_view packed, std::size_t limit);

}  // namespace belay
