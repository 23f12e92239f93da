#include "cli/text_width.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace belay::cli {
namespace {

struct Range {
  std::uint32_t first, last;
};

// Marks that stand on the letter before them. Not all of Unicode's: what appears in people's commit messages.
constexpr std::array no_width = {Range{0x0300, 0x036F}, Range{0x0483, 0x0489}, Range{0x0591, 0x05BD},
                                 Range{0x0610, 0x061A}, Range{0x064B, 0x065F}, Range{0x0E31, 0x0E31},
                                 Range{0x0E34, 0x0E3A}, Range{0x0E47, 0x0E4E}, Range{0x1AB0, 0x1AFF},
                                 Range{0x1DC0, 0x1DFF}, Range{0x200B, 0x200F}, Range{0x202A, 0x202E},
                                 Range{0x2060, 0x2064}, Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F},
                                 Range{0xFE20, 0xFE2F}, Range{0xFEFF, 0xFEFF}, Range{0xE0100, 0xE01EF}};

// East Asian wide letters and emoji.
constexpr std::array two_columns = {
    Range{0x1100, 0x115F},   Range{0x231A, 0x231B},   Range{0x23E9, 0x23EC},   Range{0x23F0, 0x23F0},
    Range{0x23F3, 0x23F3},   Range{0x25FD, 0x25FE},   Range{0x2614, 0x2615},   Range{0x2648, 0x2653},
    Range{0x267F, 0x267F},   Range{0x2693, 0x2693},   Range{0x26A1, 0x26A1},   Range{0x26AA, 0x26AB},
    Range{0x26BD, 0x26BE},   Range{0x26C4, 0x26C5},   Range{0x26CE, 0x26CE},   Range{0x26D4, 0x26D4},
    Range{0x26EA, 0x26EA},   Range{0x26F2, 0x26F3},   Range{0x26F5, 0x26F5},   Range{0x26FA, 0x26FA},
    Range{0x26FD, 0x26FD},   Range{0x2705, 0x2705},   Range{0x270A, 0x270B},   Range{0x2728, 0x2728},
    Range{0x274C, 0x274C},   Range{0x274E, 0x274E},   Range{0x2753, 0x2755},   Range{0x2757, 0x2757},
    Range{0x2795, 0x2797},   Range{0x27B0, 0x27B0},   Range{0x2B1B, 0x2B1C},   Range{0x2B50, 0x2B50},
    Range{0x2B55, 0x2B55},   Range{0x2E80, 0x303E},   Range{0x3041, 0x33FF},   Range{0x3400, 0x4DBF},
    Range{0x4E00, 0x9FFF},   Range{0xA000, 0xA4CF},   Range{0xA960, 0xA97C},   Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},
    Range{0x1F004, 0x1F004}, Range{0x1F0CF, 0x1F0CF}, Range{0x1F18E, 0x1F18E}, Range{0x1F191, 0x1F19A},
    Range{0x1F200, 0x1F320}, Range{0x1F32D, 0x1F335}, Range{0x1F337, 0x1F37C}, Range{0x1F37E, 0x1F393},
    Range{0x1F3A0, 0x1F3CA}, Range{0x1F3CF, 0x1F3D3}, Range{0x1F3E0, 0x1F3F0}, Range{0x1F3F4, 0x1F3F4},
    Range{0x1F3F8, 0x1F43E}, Range{0x1F440, 0x1F440}, Range{0x1F442, 0x1F4FC}, Range{0x1F4FF, 0x1F53D},
    Range{0x1F54B, 0x1F54E}, Range{0x1F550, 0x1F567}, Range{0x1F57A, 0x1F57A}, Range{0x1F595, 0x1F596},
    Range{0x1F5A4, 0x1F5A4}, Range{0x1F5FB, 0x1F64F}, Range{0x1F680, 0x1F6C5}, Range{0x1F6CC, 0x1F6CC},
    Range{0x1F6D0, 0x1F6D7}, Range{0x1F6EB, 0x1F6EC}, Range{0x1F6F4, 0x1F6FC}, Range{0x1F7E0, 0x1F7EB},
    Range{0x1F90C, 0x1F9FF}, Range{0x1FA70, 0x1FAFF}, Range{0x20000, 0x3FFFD}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, std::uint32_t point) {
  const auto after = std::ranges::upper_bound(ranges, point, {}, &Range::first);
  return after != ranges.begin() && point <= std::prev(after)->last;
}

int columns_of(std::uint32_t point) {
  if (point < 0x300) return 1;
  if (within(no_width, point)) return 0;
  return within(two_columns, point) ? 2 : 1;
}

struct Letter {
  std::uint32_t point;
  std::size_t bytes;
  bool broken;
};

// The letter at the start of non-empty text; a broken one is one byte long.
Letter first_letter(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, false};
  const std::size_t bytes = lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {'?', 1, true};
  std::uint32_t point = lead & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {'?', 1, true};
    point = (point << 6) | (byte(i) & 0x3Fu);
  }
  const bool overlong = (bytes == 3 && point < 0x800) || (bytes == 4 && point < 0x10000);
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (overlong || surrogate || point > 0x10FFFF) return {'?', 1, true};
  return {point, bytes, false};
}

// Length of the escape sequence at the start of the text, which begins with ESC.
std::size_t escape_length(std::string_view text) {
  if (text.size() < 2) return text.size();
  if (text[1] == '[') {  // CSI: parameters, then one letter from '@' to '~'
    std::size_t end = 2;
    while (end < text.size() && (text[end] < '@' || text[end] > '~')) ++end;
    return std::min(end + 1, text.size());
  }
  if (text[1] == ']') {  // OSC: up to BEL or ESC backslash
    for (std::size_t end = 2; end < text.size(); ++end) {
      if (text[end] == '\a') return end + 1;
      if (text[end] == '\x1b') return std::min(end + 2, text.size());
    }
    return text.size();
  }
  return 2;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const Letter letter = first_letter(text);
    std::size_t length = letter.bytes;
    if (text[0] == '\x1b') {
      length = escape_length(text);
    } else if (letter.broken) {
      shown += '?';
    } else if (letter.point == '\t') {
      shown += "  ";
    } else if (letter.point >= 0x20 && !(letter.point >= 0x7F && letter.point < 0xA0)) {
      shown += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return shown;
}

int display_width(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    if (text[0] == '\x1b') {
      text.remove_prefix(escape_length(text));
      continue;
    }
    const Letter letter = first_letter(text);
    columns += columns_of(letter.point);
    text.remove_prefix(letter.bytes);
  }
  return columns;
}

std::string clipped(std::string_view text, int columns, std::string_view ellipsis) {
  if (display_width(text) <= columns) return std::string(text);
  const int room = columns - display_width(ellipsis);
  if (room < 0) return {};
  std::string kept;
  bool coloured = false;
  for (int used = 0; !text.empty();) {
    if (text[0] == '\x1b') {
      const std::size_t length = escape_length(text);
      kept += text.substr(0, length);
      coloured = true;
      text.remove_prefix(length);
      continue;
    }
    const Letter letter = first_letter(text);
    if (used + columns_of(letter.point) > room) break;
    used += columns_of(letter.point);
    kept += text.substr(0, letter.bytes);
    text.remove_prefix(letter.bytes);
  }
  kept += ellipsis;
  if (coloured) kept += "\x1b[0m";
  return kept;
}

std::string clipped_inside(std::string_view text, int columns, std::string_view ellipsis) {
  const int whole = display_width(text);
  const int room = columns - display_width(ellipsis);
  if (whole <= columns || room < 2) return clipped(text, columns, ellipsis);
  const int head = (room + 1) / 2, tail_begins = whole - room / 2;
  std::string kept;
  bool cut = false;
  for (int at = 0; !text.empty();) {
    if (text[0] == '\x1b') {
      const std::size_t length = escape_length(text);
      kept += text.substr(0, length);
      text.remove_prefix(length);
      continue;
    }
    const Letter letter = first_letter(text);
    const int end = at + columns_of(letter.point);
    if (end <= head || at >= tail_begins)
      kept += text.substr(0, letter.bytes);
    else if (!std::exchange(cut, true))
      kept += ellipsis;
    at = end;
    text.remove_prefix(letter.bytes);
  }
  return kept;
}

std::vector<std::string> wrapped(std::string_view text, int columns) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::string& line = lines.back();
    if (line.empty())
      line = word;
    else if (display_width(line) + 1 + display_width(word) <= columns)
      line += " " + std::string(word);
    else
      lines.emplace_back(word);
  }
  return lines;
}

std::string padded(std::string_view text, int columns) {
  std::string result(text);
  result.append(static_cast<std::size_t>(std::max(0, columns - display_width(text))), ' ');
  return result;
}

std::string right_aligned(std::string_view text, int columns) {
  return std::string(static_cast<std::size_t>(std::max(0, columns - display_width(text))), ' ') +
         std::string(text);
}

}  // namespace belay::cli
