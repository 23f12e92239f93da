#include "model/problem.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "model/utf8.hpp"

namespace belay {

namespace {

/// What stands before the caret so that it comes to stand under column `column` of `line`: tabs stay tabs,
/// each other character is one space.
std::string indent_to(std::string_view line, int column) {
  std::string indent;
  for (int at = 1; at < column && !line.empty(); ++at) {
    indent += line.front() == '\t' ? '\t' : ' ';
    line.remove_prefix(std::max<std::size_t>(1, utf8_sequence_length(line)));
  }
  return indent;
}

}  // namespace

std::string rendered(const Problem& problem) {
  std::string text = problem.file;
  if (problem.at.line > 0) text += fmt::format(":{}:{}", problem.at.line, problem.at.column);
  text += ": " + problem.message + "\n";
  if (!problem.line_text.empty()) {
    text += "  " + problem.line_text + "\n";
    text += "  " + indent_to(problem.line_text, problem.at.column) + "^\n";
  }
  if (!problem.remedy.empty()) text += "  " + problem.remedy + "\n";
  return text;
}

}  // namespace belay
