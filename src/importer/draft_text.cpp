#include "importer/draft_text.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "importer/words.hpp"

namespace belay::importer {
namespace {

constexpr std::size_t comment_column = 44;

bool is_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (one_of(text, {"true", "false", "yes", "no", "on", "off", "null", "~"})) return false;
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  if (std::string_view("!&*-?|>%@`\"'#{}[],:=").find(text.front()) != std::string_view::npos) return false;
  return std::ranges::all_of(text, [](char c) {
    return c >= ' ' && c != '\x7f' && std::string_view("\"\\{}[],").find(c) == std::string_view::npos;
  });
}

}  // namespace

std::string scalar(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string made = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      made += fmt::format("\\{}", c);
    else if (c == '\n')
      made += "\\n";
    else if (c == '\t')
      made += "\\t";
    else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
      made += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      made += c;
  }
  return made + "\"";
}

std::string flow(const std::vector<std::string>& texts) {
  std::string made = "[";
  for (const std::string& text : texts) made += (made.size() > 1 ? ", " : "") + scalar(text);
  return made + "]";
}

std::string rendered(const Entry& entry, int indent) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string line = fmt::format("{}{}:", margin, entry.key);
  const bool block =
      entry.lines.size() > 1 || (entry.lines.size() == 1 && entry.lines.front().starts_with("- "));
  if (!block && !entry.lines.empty() && !entry.lines.front().empty()) line += " " + entry.lines.front();
  if (!entry.comment.empty()) {
    line.append(line.size() + 2 < comment_column ? comment_column - line.size() : 2, ' ');
    line += "# " + entry.comment;
  }
  line += "\n";
  if (block)
    for (const std::string& one : entry.lines) line += fmt::format("{}  {}\n", margin, one);
  return line;
}

}  // namespace belay::importer
