#include "model/utf8.hpp"

namespace belay {

namespace {

struct LeadByte {
  std::size_t length;                       // of the sequence; 0: cannot lead one
  unsigned char second_least, second_most;  // what the second byte may be; the others are 80..BF
};

LeadByte lead(unsigned char byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view text) {
  const auto at = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const LeadByte first = lead(at(0));
  if (first.length == 0 || text.size() < first.length) return 0;
  if (first.length > 1 && (at(1) < first.second_least || at(1) > first.second_most)) return 0;
  for (std::size_t index = 2; index < first.length; ++index)
    if ((at(index) & 0xC0) != 0x80) return 0;
  return first.length;
}

unsigned utf8_code_point(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence.front());
  unsigned point = sequence.size() == 1 ? first : first & (0xFFU >> (sequence.size() + 1));
  for (const char byte : sequence.substr(1)) point = point << 6 | (static_cast<unsigned char>(byte) & 0x3FU);
  return point;
}

std::string valid_utf8(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0)
      clean += "\xEF\xBF\xBD";
    else
      clean += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

}  // namespace belay
