#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "base/error.hpp"
#include "cli/style.hpp"

namespace belay::cli {

/// The one place where an Error becomes text for people: what failed, what was being done, why in the tool's
/// own words, and what to do next. Ends with a newline.
std::string error_text(const Error&, const Style&);

/// The same as an event of --json:
/// {"type":"error","at":…,"message":…,"why":…,"next":…,"while":[…],"exit_code":…}.
boost::json::object error_json(const Error&);

/// Each line of `text` behind a rule, as quoted words of a tool; empty for an empty text.
std::string quoted_block(const std::string& text, const Style&, int indent = 2);
/// "  → next", further lines aligned under the first; empty for an empty text.
std::string next_line(const std::string& next, const Style&, int indent = 2);

}  // namespace belay::cli
