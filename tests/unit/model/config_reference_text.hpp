#pragma once

#include <string>
#include <string_view>

#include "model/config_keys.hpp"

namespace belay::testing {

/// What the reference says, made from the parser's own table of keys.

/// The Markdown table of a section's keys.
std::string key_table(std::string_view section);
/// docs/reference/belay.schema.json (JSON Schema, draft 7), whole.
std::string schema();

/// A valid file in which one key has the given value (as YAML) and everything else is the least that is
/// needed.
std::string file_with(const ConfigKey&, std::string_view value);

}  // namespace belay::testing
