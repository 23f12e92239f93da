#include "model/env_file.hpp"

#include <algorithm>
#include <set>

namespace belay {

namespace {

constexpr std::string_view blanks = " \t";

bool is_of_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-';
}

/// A value that every reader of such files takes as it stands.
bool is_plain(std::string_view value) {
  return std::ranges::all_of(
      value, [](char c) { return is_of_a_name(c) || std::string_view("/:@%+,=").contains(c); });
}

std::string in_double_quotes(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '\n')
      text += "\\n";
    else if (c == '\r')
      text += "\\r";
    else if (std::string_view("\\\"$").contains(c))
      text += {'\\', c};
    else
      text += c;
  }
  return text + "\"";
}

struct Line {
  std::string_view name, value;
};
Line line_in(std::string_view text) {
  const auto equals = text.find('=');
  return {text.substr(0, equals), text.substr(equals + 1)};
}

/// One variable with its value, or a line that is none: a comment, an empty line.
struct Entry {
  std::string_view name;  // empty: it is none
  std::string_view text;  // with the end of the line, if there is one
};

/// The name of the variable in this line, and where its value begins.
std::string_view name_in(std::string_view line, std::size_t& value) {
  auto at = std::min(line.find_first_not_of(blanks), line.size());
  constexpr std::string_view exported = "export ";
  if (line.substr(at).starts_with(exported))
    at = std::min(line.find_first_not_of(blanks, at + exported.size()), line.size());
  auto end = at;
  while (end < line.size() && is_of_a_name(line[end])) ++end;
  const auto equals = line.find_first_not_of(blanks, end);
  if (end == at || equals == std::string_view::npos || line[equals] != '=') return {};
  value = std::min(line.find_first_not_of(blanks, equals + 1), line.size());
  return line.substr(at, end - at);
}

/// Where the quotes that begin at `at` end; npos: nowhere, they are text.
std::size_t end_of_quotes(std::string_view text, std::size_t at) {
  for (auto i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == text[at])
      return i;
  }
  return std::string_view::npos;
}

/// Takes the first one off the front of the text.
Entry take_entry(std::string_view& text) {
  std::size_t value = 0;
  const auto line = text.substr(0, text.find('\n'));
  const auto name = name_in(line, value);
  auto end = line.size();
  if (!name.empty() && value < line.size() && (line[value] == '"' || line[value] == '\''))
    if (const auto quote = end_of_quotes(text, value); quote != std::string_view::npos)
      end = std::min(text.find('\n', quote), text.size());
  const Entry entry{name, text.substr(0, std::min(end + 1, text.size()))};
  text.remove_prefix(entry.text.size());
  return entry;
}

void append_line(std::string& text, std::string_view line) {
  text += line;
  if (!line.ends_with('\n')) text += '\n';
}

}  // namespace

std::vector<std::string> EnvFile::names() const {
  std::vector<std::string> names;
  for (const auto& line : lines) names.emplace_back(line_in(line).name);
  return names;
}

EnvFile EnvFile::filled(const Values& values) const {
  EnvFile with_values = *this;
  for (auto& line : with_values.lines) line = belay::filled(line, values);
  with_values.whole = belay::filled(whole, values);
  return with_values;
}

std::vector<std::string> EnvFile::missing(const Values& values) const {
  std::vector<std::string> missing;
  const auto add = [&](const std::string& text) {
    for (auto& name : variables_in(text))
      if (!values.contains(name) && std::ranges::find(missing, name) == missing.end())
        missing.push_back(std::move(name));
  };
  add(whole);
  for (const auto& line : lines) add(line);
  return missing;
}

std::string EnvFile::shown() const {
  std::string text;
  for (const auto& name : whole.empty() ? names() : variables_in(whole))
    text += (text.empty() ? "" : ", ") + name;
  return path + ": " + text;
}

std::string env_line(std::string_view name, std::string_view value) {
  std::string line = std::string(name) + "=";
  if (is_plain(value)) return line.append(value);
  if (value.find_first_of("'\\\r\n") == std::string_view::npos) return line.append("'").append(value) + "'";
  return line + in_double_quotes(value);
}

std::string text_of(const EnvFile& file, std::string_view now, const std::vector<std::string>& before) {
  std::string text;
  if (!file.whole.empty()) {
    append_line(text, file.whole);
    return text;
  }
  std::set<std::string_view> written;
  const auto write = [&](const Line& line) {
    if (written.insert(line.name).second) append_line(text, env_line(line.name, line.value));
  };
  const auto wanted = [&](std::string_view name) {
    return std::ranges::find_if(file.lines,
                                [&](const std::string& line) { return line_in(line).name == name; });
  };
  while (!file.owned && !now.empty()) {
    const auto entry = take_entry(now);
    const auto own = entry.name.empty() ? file.lines.end() : wanted(entry.name);
    if (own != file.lines.end())
      write(line_in(*own));
    else if (entry.name.empty() || std::ranges::find(before, entry.name) == before.end())
      append_line(text, entry.text);
  }
  for (const auto& line : file.lines) write(line_in(line));
  return text;
}

}  // namespace belay
