#pragma once

#include <string>
#include <vector>

#include "importer/words.hpp"

namespace belay::importer {

/// One simple command of a shell script. Words have lost their quotes; what a quote kept from being expanded
/// has lost its dollar, too (words.hpp).
struct ShellLine {
  struct Redirect {
    std::string operation;  // ">", ">>", "<", "<<" (a here-document), "<<<"
    std::string target;     // a here-document's body
    int line = 0;           // where the body begins
    bool expands = true;    // of a here-document whether its delimiter has no quotes
  };
  std::string joined;                 // how it follows the command before it: "", "&&", "||", "|", "&", ";;"
  std::vector<std::string> keywords;  // in front: if, then, else, do, while, until, !, {, (
  std::vector<std::pair<std::string, std::string>> assignments;
  std::vector<std::string> words;
  std::vector<Redirect> redirects;
  int line = 0;
  int last_line = 0;
  std::vector<std::pair<std::string, std::vector<std::string>>> arrays;  // NAME=(a b)

  bool is(std::string_view program) const { return !words.empty() && words.front() == program; }
};

/// Reads a shell script as far as it can be read without running it. There is no script that it refuses: what
/// it does not understand becomes words. `first_line` is the line that the text begins in.
std::vector<ShellLine> parse_shell(std::string_view text, int first_line);

}  // namespace belay::importer
