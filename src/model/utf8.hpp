#pragma once

#include <string>
#include <string_view>

namespace belay {

/// The length in bytes of the well-formed UTF-8 sequence at the start of `text` (which is not empty); 0 if
/// there is none. Overlong forms, surrogates and values past U+10FFFF are not well-formed.
std::size_t utf8_sequence_length(std::string_view text);

/// The character that a well-formed sequence stands for.
unsigned utf8_code_point(std::string_view sequence);

/// `text` with every byte that is not part of well-formed UTF-8 replaced by U+FFFD. What other programs print
/// goes into JSON, and a JSON parser refuses anything else.
std::string valid_utf8(std::string_view text);

}  // namespace belay
