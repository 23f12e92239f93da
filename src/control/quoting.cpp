#include "control/quoting.hpp"

namespace belay {

namespace {

bool is_plain(std::string_view word) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@,+";
  return !word.empty() && word.find_first_not_of(plain) == std::string_view::npos;
}

}  // namespace

std::string sh_quoted(std::string_view word) {
  if (is_plain(word)) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\"'\"'";
    } else if (c == '\\' || c == '!') {
      // Outside of the quotes: within them fish takes two backslashes for one, and csh sees its history.
      quoted += std::string("'\\") + c + "'";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string sh_joined(const std::vector<std::string>& argv) {
  std::string joined;
  for (const std::string& word : argv) {
    if (!joined.empty()) joined += ' ';
    joined += sh_quoted(word);
  }
  return joined;
}

}  // namespace belay
