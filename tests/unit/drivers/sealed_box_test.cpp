#include "drivers/sealed_box.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace belay;

namespace {

std::string fault(const std::string& text) {
  const auto key = SecretKey::from_text(text);
  return key ? std::string() : key.error();
}

std::string changed(std::string text, std::size_t at) {
  text[at] = text[at] == 'A' ? 'B' : 'A';
  return text;
}

}  // namespace

TEST_CASE("a key's text is read back, with white space around it, and names the same key") {
  for (int round = 0; round < 50; ++round) {
    const auto key = SecretKey::random();
    const auto text = key.text();
    CHECK(text.starts_with("belay-key-1-"));
    CHECK(text.size() == 60);
    for (const auto& written : {text, text + "\n", "  " + text + "\r\n"}) {
      const auto back = SecretKey::from_text(written);
      REQUIRE(back);
      CHECK(back->id() == key.id());
      CHECK(back->text() == text);
    }
  }
}

TEST_CASE("a text that is no key is told what is wrong with it, and is not repeated") {
  const auto text = SecretKey::random().text();
  struct Row {
    std::string text, fault;
  };
  const std::vector<Row> rows{
      {"", "it is empty"},
      {" \n", "it is empty"},
      {"secret", "it does not begin with belay-key-1-"},
      {"belay-key-2-" + text.substr(12), "it does not begin with belay-key-1-"},
      {text.substr(1), "it does not begin with belay-key-1-"},
      {text.substr(0, text.size() - 1), "it is cut off or has more than a key"},
      {text + "A", "it is cut off or has more than a key"},
      {"belay-key-1-", "it is cut off or has more than a key"},
      {text.substr(0, 30) + " " + text.substr(31), "it has a character that no key has"},
      {text.substr(0, 30) + "+" + text.substr(31), "it has a character that no key has"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(fault(row.text) == row.fault);
  }
}

TEST_CASE("any wrong character in a key is noticed, and so are two that changed places") {
  const auto text = SecretKey::random().text();
  for (std::size_t at = 12; at < text.size(); ++at) {
    CAPTURE(at);
    CHECK(fault(changed(text, at)) == "it has a wrong character: its checksum does not fit");
  }
  for (std::size_t at = 12; at + 1 < text.size(); ++at) {
    auto swapped = text;
    std::swap(swapped[at], swapped[at + 1]);
    CHECK((swapped == text || !fault(swapped).empty()));
  }
}

TEST_CASE("a key's name has 16 hexadecimal digits, and another key has another one") {
  const auto one = SecretKey::random(), other = SecretKey::random();
  CHECK(one.id().size() == 16);
  CHECK(one.id().find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(one.id() != other.id());
  CHECK(one.text() != other.text());
}

TEST_CASE("a sealed value opens with its key, in its place, and as it is; else not at all") {
  const auto key = SecretKey::random(), other = SecretKey::random();
  for (const std::string& value : {std::string("x"), std::string("several\nlines"), std::string(65536, 'x'),
                                   std::string(), std::string("a\0b", 3)}) {
    const auto sealed = key.sealed(value, "here");
    CHECK(key.opened(sealed, "here") == value);
    CHECK_FALSE(key.opened(sealed, "there"));
    CHECK_FALSE(key.opened(sealed, ""));
    CHECK_FALSE(other.opened(sealed, "here"));
    CHECK_FALSE(key.opened(sealed + "A", "here"));
    CHECK(key.sealed(value, "here") != sealed);  // another nonce: equal values cannot be seen
  }
}

TEST_CASE("a sealed value with any byte changed, or cut off anywhere, does not open") {
  const auto key = SecretKey::random();
  const auto sealed = key.sealed("value", "here");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    auto tampered = sealed;
    tampered[at] = static_cast<char>(tampered[at] ^ 1);
    CHECK_FALSE(key.opened(tampered, "here"));
    CHECK_FALSE(key.opened(sealed.substr(0, at), "here"));
    CHECK_FALSE(key.opened(sealed.substr(at + 1), "here"));
  }
}

TEST_CASE("what is wiped is empty") {
  std::string text = "secret";
  const char* const bytes = text.data();
  wipe(text);
  CHECK(text.empty());
  CHECK(std::all_of(bytes, bytes + 6, [](char c) { return c == '\0'; }));  // in the text's own memory
}
