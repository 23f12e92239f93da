#include "importer/words.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "model/utf8.hpp"

namespace belay::importer {
namespace {

constexpr int deepest = 8;  // variables in variables

bool starts_name(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool in_name(char c) {
  return starts_name(c) || (c >= '0' && c <= '9');
}

/// `${NAME…}` taken apart. Length 0: it is no parameter that is understood.
struct Parameter {
  std::string name, operation, word;
  std::size_t length = 0;
};

Parameter parameter_at(std::string_view text) {
  Parameter found;
  if (text.size() < 2 || text[0] != '$') return found;
  if (text[1] != '{') {
    std::size_t end = 1;
    if (starts_name(text[1]))
      while (end < text.size() && in_name(text[end])) ++end;
    else if ((text[1] >= '0' && text[1] <= '9') || text[1] == '@')
      end = 2;
    if (end == 1) return found;
    return {std::string(text.substr(1, end - 1)), "", "", end};
  }
  std::size_t depth = 0, end = 1;
  for (; end < text.size(); ++end) {
    if (text[end] == '{') ++depth;
    if (text[end] == '}' && --depth == 0) break;
  }
  if (end >= text.size()) return found;
  const std::string_view inside = text.substr(2, end - 2);
  std::size_t length = 0;
  while (length < inside.size() && in_name(inside[length])) ++length;
  if (length == 0) return found;
  const std::string_view rest = inside.substr(length);
  const std::size_t mark = rest.starts_with(':') ? 2 : 1;
  if (!rest.empty() && (rest.size() < mark || !one_of(rest.substr(mark - 1, 1), {"-", "?", "=", "+"})))
    return found;
  found.name = inside.substr(0, length);
  if (!rest.empty()) {
    found.operation = rest.substr(mark - 1, 1);
    found.word = rest.substr(mark);
  }
  found.length = end + 1;
  return found;
}

std::string expanded_to(std::string_view text, const Expansion& how, int depth);

std::string value_of(const Parameter& parameter, std::string_view as_written, const Expansion& how,
                     int depth) {
  const auto value = how.scope.find(parameter.name);
  if (value != how.scope.end() && !(value->second.empty() && one_of(parameter.operation, {"-", "="})))
    return parameter.operation == "+" ? expanded_to(parameter.word, how, depth + 1)
                                      : expanded_to(value->second, how, depth + 1);
  if (one_of(parameter.operation, {"-", "="})) {
    const std::string word = expanded_to(parameter.word, how, depth + 1);
    if (how.taken_default) how.taken_default(fmt::format("{} → {}", as_written, word));
    return word;
  }
  return how.unknown ? how.unknown(parameter.name) : std::string(as_written);
}

std::string expanded_to(std::string_view text, const Expansion& how, int depth) {
  if (depth > deepest) return std::string(text);
  std::string made;
  while (!text.empty()) {
    const Parameter parameter = parameter_at(text);
    if (parameter.length == 0) {
      made += text.front();
      text.remove_prefix(1);
      continue;
    }
    made += value_of(parameter, text.substr(0, parameter.length), how, depth);
    text.remove_prefix(parameter.length);
    if (made.size() > 65536) return made;  // variables that hold each other
  }
  return made;
}

}  // namespace

std::string Place::shown() const {
  return fmt::format("{}:{}", file, line);
}

std::string ci_variable(std::string_view name) {
  return fmt::format("{}{}{}", ci_begin, name, ci_end);
}

bool is_known(std::string_view text) {
  return text.find_first_of("$`") == std::string_view::npos;
}

bool has_ci_variable(std::string_view text) {
  return text.find(ci_begin) != std::string_view::npos;
}

std::vector<std::string> ci_variables(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find(ci_begin); at != std::string_view::npos; at = text.find(ci_begin, at + 1)) {
    const std::size_t end = text.find(ci_end, at);
    if (end == std::string_view::npos) break;
    const std::string name(text.substr(at + 1, end - at - 1));
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string as_belay_text(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dollar = text[i] == '$' || text[i] == plain_dollar;
    if (dollar)
      made += i + 1 < text.size() && (text[i + 1] == '{' || text[i + 1] == '$') ? "$$" : "$";
    else if (text[i] == ci_begin)
      made += "${";
    else if (text[i] == ci_end)
      made += '}';
    else
      made += text[i];
  }
  return made;
}

std::string as_shown(std::string_view text) {
  constexpr std::size_t longest = 100;
  std::string made;
  for (const char c : text) {
    if (c == ci_begin)
      made += "${";
    else if (c == ci_end)
      made += '}';
    else if (c == plain_dollar)
      made += '$';
    else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
      made += made.ends_with(' ') ? "" : " ";
    else
      made += c;
  }
  if (made.size() <= longest) return made;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(made[end]) & 0xC0) == 0x80) --end;
  return made.substr(0, end) + "…";
}

std::string expanded(std::string_view text, const Expansion& how) {
  return expanded_to(text, how, 0);
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    parts.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 9 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_name(std::string_view text) {
  return !text.empty() && starts_name(text.front()) && std::ranges::all_of(text, in_name);
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace belay::importer
