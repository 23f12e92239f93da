#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace belay {

/// Longest text that is taken from another machine, in bytes.
inline constexpr std::size_t longest_text = 64u << 10;

/// `text` as it may be put on a terminal. Shown by their numbers (\x1b, \u202e) are control characters,
/// characters that turn the direction of writing or cannot be seen, and bytes that are no UTF-8; newlines and
/// tabs stay, and the end of a line is one newline. Of a longer text the beginning is left, with a word on
/// the rest: the result has at most `longest` bytes. Doing it again changes nothing.
std::string visible_text(std::string_view text, std::size_t longest = longest_text);

/// The same for every text in it, the keys too.
boost::json::value visible(const boost::json::value&, std::size_t longest = longest_text);

}  // namespace belay
