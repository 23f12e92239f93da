#include "base/hex.hpp"

#include <array>

#include <doctest/doctest.h>

namespace belay {

TEST_CASE("hexadecimal digits: each byte has two, small letters") {
  const std::array<unsigned char, 6> bytes{0x00, 0x0f, 0x10, 0x7f, 0xa0, 0xff};
  CHECK(hex_of(bytes) == "000f107fa0ff");
  CHECK(hex_of({}).empty());
}

TEST_CASE("a text of hexadecimal digits has nothing else in it") {
  CHECK(all_hex("0123456789abcdef"));
  CHECK(all_hex(""));
  for (const char* other : {"0F", "0x0", " 0", "0g", "-1", "\xc3\xa4"}) {
    CAPTURE(other);
    CHECK_FALSE(all_hex(other));
  }
}

}  // namespace belay
