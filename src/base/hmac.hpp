#pragma once

#include <string>
#include <string_view>

namespace belay {

/// HMAC-SHA256 of a text under a key, in lower-case hexadecimal.
std::string hmac_sha256_hex(std::string_view key, std::string_view text);

}  // namespace belay
