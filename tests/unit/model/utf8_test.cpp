#include "model/utf8.hpp"

#include <doctest/doctest.h>

using namespace belay;

TEST_CASE("text that is UTF-8 already stays as it is") {
  const std::string text = "plain, ü, €, \xF0\x9F\x8E\x89, U+10FFFF \xF4\x8F\xBF\xBF";
  CHECK(valid_utf8(text) == text);
}

TEST_CASE("each byte that is no UTF-8 becomes one replacement character") {
  const std::string bad = "\xEF\xBF\xBD";
  CHECK(valid_utf8("a\xFF"
                   "b") == "a" + bad + "b");
  CHECK(valid_utf8("\xC3") == bad);                                // cut
  CHECK(valid_utf8("\xC0\xAF") == bad + bad);                      // overlong
  CHECK(valid_utf8("\xE0\x80\xAF") == bad + bad + bad);            // overlong
  CHECK(valid_utf8("\xED\xA0\x80") == bad + bad + bad);            // a surrogate
  CHECK(valid_utf8("\xF4\x90\x80\x80") == bad + bad + bad + bad);  // past U+10FFFF
  CHECK(valid_utf8("\xE2\x82") == bad + bad);
  CHECK(valid_utf8("\xE2\x28\xA1") == bad + "(" + bad);
}
