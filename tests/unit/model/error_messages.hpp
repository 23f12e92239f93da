#pragma once

#include <string>
#include <vector>

namespace belay::testing {

/// A message that a source file gives to an Error. What it is completed with when it is shown is `…`.
struct ErrorMessage {
  std::string place;  // file:line
  std::string text;
};

/// The messages that stand in C++ source: the first argument of `Error(` and of the functions that make one,
/// and the texts that drivers take as `what_failed`. A message that a variable holds is none, since whoever
/// filled the variable wrote it.
std::vector<ErrorMessage> error_messages_in(const std::string& source, const std::string& file);

/// All of those in src/.
std::vector<ErrorMessage> error_messages();

/// Each text with words that stands in C++ source: also what is said by an obstacle, a warning or a line of a
/// report.
std::vector<ErrorMessage> all_texts_in(const std::string& source, const std::string& file);

/// All of those in src/.
std::vector<ErrorMessage> all_texts();

}  // namespace belay::testing
