#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace belay::cli {

/// Text as a terminal sees it: columns, not bytes. Works without a locale (the static program sets none).

/// Without escape sequences and control characters; tabs become spaces and broken UTF-8 becomes '?'. What a
/// build or a container prints must not move our cursor.
std::string printable(std::string_view);

/// Columns taken by printable text or by our own coloured text (SGR sequences count nothing).
int display_width(std::string_view);

/// At most `columns` wide, ending in `ellipsis` when something was cut. Colours stay, and are closed.
std::string clipped(std::string_view text, int columns, std::string_view ellipsis);

/// At most `columns` wide, with `ellipsis` in place of what was cut from its middle: names that begin and end
/// alike stay apart. Colours stay.
std::string clipped_inside(std::string_view text, int columns, std::string_view ellipsis);

/// Broken between words into lines of at most `columns`; a longer word gets a line of its own. Never empty.
std::vector<std::string> wrapped(std::string_view text, int columns);

/// Filled with spaces up to `columns`; never cut.
std::string padded(std::string_view text, int columns);
std::string right_aligned(std::string_view text, int columns);

}  // namespace belay::cli
