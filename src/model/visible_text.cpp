#include "model/visible_text.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "model/utf8.hpp"

namespace belay {

namespace {

/// How much is kept for the word on what was cut: "… (18446744073709551615 bytes more)".
constexpr std::size_t room_for_rest = 40;

struct Range {
  char32_t first, last;
};

/// What a terminal acts on, or what makes text read otherwise than it is.
constexpr std::array hidden{
    Range{0x00, 0x08},     Range{0x0B, 0x1F},       Range{0x7F, 0x9F},  // C0 without tab and newline, DEL, C1
    Range{0x00AD, 0x00AD},                                              // soft hyphen
    Range{0x061C, 0x061C}, Range{0x200E, 0x200F},                       // marks of direction
    Range{0x202A, 0x202E}, Range{0x2066, 0x2069},                       // embeddings, overrides, isolates
    Range{0x2028, 0x2029},                                              // separators of lines and paragraphs
    Range{0x200B, 0x200B}, Range{0x2060, 0x2064},   Range{0xFEFF, 0xFEFF},  // without a width
    Range{0xFFF9, 0xFFFB}, Range{0xE0000, 0xE007F},                         // annotations, tags
};

bool is_hidden(char32_t point) {
  return std::ranges::any_of(hidden,
                             [&](const Range& range) { return point >= range.first && point <= range.last; });
}

char32_t point_of(std::string_view sequence) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(sequence[index]); };
  if (sequence.size() == 1) return byte(0);
  char32_t point = byte(0) & (0x7Fu >> sequence.size());
  for (std::size_t index = 1; index < sequence.size(); ++index) point = point << 6 | (byte(index) & 0x3Fu);
  return point;
}

std::string shown(std::string_view sequence) {
  const char32_t point = point_of(sequence);
  if (!is_hidden(point)) return std::string(sequence);
  const auto number = static_cast<std::uint32_t>(point);
  if (number < 0x80) return number == '\r' ? "\\r" : fmt::format("\\x{:02x}", number);
  return number < 0x10000 ? fmt::format("\\u{:04x}", number) : fmt::format("\\U{:08x}", number);
}

/// Takes the next character, or the next byte that is none, off `text`.
std::string next_shown(std::string_view& text) {
  const std::size_t length = utf8_sequence_length(text);
  const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
  const bool ends_line = text.starts_with("\r\n");
  text.remove_prefix(ends_line ? 2 : sequence.size());
  if (ends_line) return "\n";
  if (length == 0) return fmt::format("\\x{:02x}", static_cast<unsigned char>(sequence[0]));
  return shown(sequence);
}

}  // namespace

std::string visible_text(std::string_view text, std::size_t longest) {
  std::string clean;
  clean.reserve(std::min(text.size(), longest));
  std::size_t last_cut = 0, left_at_cut = 0;  // the last place where a text that is too long can be cut
  while (!text.empty()) {
    if (clean.size() + room_for_rest <= longest) {
      last_cut = clean.size();
      left_at_cut = text.size();
    }
    clean += next_shown(text);
    if (clean.size() > longest) {
      clean.resize(last_cut);
      return clean + fmt::format("… ({} bytes more)", left_at_cut);
    }
  }
  return clean;
}

boost::json::value visible(const boost::json::value& value, std::size_t longest) {
  if (const auto* text = value.if_string()) return boost::json::string(visible_text(*text, longest));
  if (const auto* array = value.if_array()) {
    boost::json::array clean;
    clean.reserve(array->size());
    for (const auto& item : *array) clean.push_back(visible(item, longest));
    return clean;
  }
  if (const auto* object = value.if_object()) {
    boost::json::object clean;
    for (const auto& [key, item] : *object) clean[visible_text(key, longest)] = visible(item, longest);
    return clean;
  }
  return value;
}

}  // namespace belay
