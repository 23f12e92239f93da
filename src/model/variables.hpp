#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belay {

/// The value of an environment variable, if set. A parameter, so that parsing stays free of I/O.
using VariableLookup = std::function<std::optional<std::string>(const std::string&)>;

/// Values of variables by name. They live in memory only: no type that is stored holds one.
using Values = std::map<std::string, std::string>;
VariableLookup lookup_in(const Values&);

/// A piece of a text in which `${NAME}` is a variable and `$$` a dollar. Any other dollar is text: `$HOME`
/// and `$(pwd)` belong to the shell.
struct TemplatePiece {
  enum class Kind { text, variable, malformed };  // malformed: `${` that begins no variable
  Kind kind = Kind::text;
  std::string text;        // of a variable its name; of a malformed one the whole of it
  std::size_t offset = 0;  // in bytes, of its first one
};
std::vector<TemplatePiece> pieces_of(std::string_view text);

/// A text in which `${NAME}` became the variable's value and `$$` a dollar. Values are not expanded again.
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

/// The names of the variables in a text, in order, each once.
std::vector<std::string> variables_in(std::string_view text);
/// The text with the values in it. Variables that have none stay as they are written.
std::string filled(std::string_view text, const Values&);
/// The text that is `text` once it is filled: its dollars are doubled.
std::string as_template(std::string_view text);
/// Still such a text: the variables that have a value here are replaced. Without one it stays as it is.
std::string partly_filled(std::string_view text, const Values&);

}  // namespace belay
