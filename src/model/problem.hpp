#pragma once

#include <string>
#include <vector>

namespace belay {

/// Where something stands in a file; both counted from 1. line 0: the file as a whole.
struct Location {
  int line = 0;
  int column = 0;
};

/// One mistake in a file a person wrote. All mistakes of a file are collected and shown together.
struct Problem {
  std::string file;
  Location at;
  std::string message;      // what is wrong
  std::string remedy{};     // what is allowed, or the nearest valid key
  std::string line_text{};  // the offending line, for the caret
};
using Problems = std::vector<Problem>;

/// Compiler style: file:line:col: message, the line, a caret, the remedy. Ends with a newline.
std::string rendered(const Problem&);

}  // namespace belay
