#include "base/hex.hpp"

namespace belay {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

}  // namespace

std::string hex_of(std::span<const unsigned char> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

bool all_hex(std::string_view text) {
  return text.find_first_not_of(digits) == std::string_view::npos;
}

}  // namespace belay
