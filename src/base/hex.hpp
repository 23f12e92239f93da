#pragma once

#include <span>
#include <string>
#include <string_view>

namespace belay {

/// Two lower-case hexadecimal digits for each byte.
std::string hex_of(std::span<const unsigned char>);
/// Whether the text has lower-case hexadecimal digits alone. True for an empty text.
bool all_hex(std::string_view);

}  // namespace belay
