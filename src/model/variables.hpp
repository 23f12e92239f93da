#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belay {

/// The value of an environment variable, if set. A parameter, so that parsing stays free of I/O.
using VariableLookup = std::function<std::optional<std::string>(const std::string&)>;

/// A text in which `${NAME}` became the variable's value and `$$` a dollar. Any other dollar stays: `$HOME`
/// and `$(pwd)` belong to the shell. Values are not expanded again.
struct Expanded {
  struct Fault {
    std::size_t offset = 0;  // in bytes, of the dollar
    std::string message, remedy;
  };
  std::string text;
  std::vector<Fault> malformed;  // `${` that is no variable
  std::vector<Fault> unset;      // variables without a value; they stay in the text as they are
};
Expanded expand_variables(std::string_view text, const VariableLookup&);

}  // namespace belay
