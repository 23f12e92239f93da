#pragma once

#include <string>
#include <string_view>

namespace belay {

std::string base64_encoded(std::string_view bytes);
/// Throws Error on anything but padded base64 on one line.
std::string base64_decoded(std::string_view text);

}  // namespace belay
