#include "base/deflate.hpp"

#include <random>

#include <doctest/doctest.h>

#include "base/error.hpp"

using namespace belay;

namespace {

std::string random_bytes(std::mt19937& dice, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(dice() & 0xffu);
  return bytes;
}

std::string inflated_or(const std::string& packed, const std::string& otherwise) {
  try {
    return inflated(packed, 10'000);
  } catch (const Error&) {
    return otherwise;
  }
}

}  // namespace

TEST_CASE("what is packed comes back, of any size and content") {
  std::mt19937 dice(1);
  for (const std::size_t size : {0u, 1u, 100u, 65'535u, 65'536u, 65'537u, 300'000u}) {
    for (const std::string& bytes : {std::string(size, 'a'), random_bytes(dice, size)}) {
      const std::string packed = deflated(bytes);
      CHECK(inflated(packed, size) == bytes);
      if (size > 0) CHECK_THROWS_AS(inflated(packed, size - 1), Error);
    }
  }
  CHECK(deflated(std::string(300'000, 'a')).size() < 1000);
}

TEST_CASE("cut data is an error, and so is what follows its end; damaged data is one, or does not differ") {
  std::mt19937 dice(2);
  const std::string bytes = random_bytes(dice, 300) + std::string(300, 'a');
  const std::string packed = deflated(bytes);
  for (std::size_t length = 0; length < packed.size(); ++length) {
    CAPTURE(length);
    CHECK_THROWS_AS(inflated(packed.substr(0, length), 10'000), Error);
    std::string damaged = packed;
    damaged[length] = static_cast<char>(damaged[length] ^ 0x10);
    // Some bits of how it was packed are not used: what comes out is the same then.
    CHECK(inflated_or(damaged, bytes) == bytes);
  }
  CHECK_THROWS_AS(inflated(packed + "x", 10'000), Error);
}
