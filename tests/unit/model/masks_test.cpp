#include "model/masks.hpp"

#include <array>
#include <string>
#include <vector>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/line_splitter.hpp"

using namespace belay;

namespace {

constexpr std::string_view secret = "p4ss w/rd+\"x\"\\é";

/// RFC 4648, written anew, so that it is no copy of what is tested.
std::string base64(std::string_view bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[at])) : 0U;
    };
    const unsigned group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (int shift : {18, 12, 6, 0}) text += letters[group >> shift & 63U];
    for (std::size_t missing = i + 3; missing > bytes.size(); --missing)
      text[text.size() - (missing - bytes.size())] = '=';
  }
  return text;
}

std::string percent(std::string_view text, const char* format, bool all) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    encoded += plain && !all
                   ? std::string(1, c)
                   : fmt::format(fmt::runtime(format), static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return encoded;
}

/// Every form in which a value is found, each with something around it.
std::vector<std::string> forms() {
  const std::string value(secret);
  std::string plus = percent(value, "%{:02X}", false);
  for (auto at = plus.find("%20"); at != std::string::npos; at = plus.find("%20")) plus.replace(at, 3, "+");
  const auto json = boost::json::serialize(boost::json::value(value));
  return {value,
          percent(value, "%{:02X}", false),
          percent(value, "%{:02x}", false),
          percent(value, "%{:02X}", true),
          plus,
          json.substr(1, json.size() - 2),
          base64(value),
          base64("u" + value),
          base64("us" + value + "more"),
          base64("use" + value + "m")};
}

}  // namespace

TEST_CASE("a value is found in each of its forms, with anything around it") {
  const Masks masks(Values{{"X", std::string(secret)}});
  for (const auto& form : forms()) {
    CAPTURE(form);
    const auto shown = masks.masked("before " + form + " after");
    CHECK(shown.contains("***"));
    CHECK(shown.starts_with("before "));
    CHECK(shown.ends_with(" after"));
    CHECK(shown.size() < std::string("before *** after").size() + 12);  // base64: what its neighbours decide
  }
}

TEST_CASE("of a value's own base64 nothing is left but its padding") {
  for (const std::string value : {"secret-1", "secret-12", "secret-123"})
    CHECK(Masks(Values{{"X", value}}).masked(base64(value)).find_first_not_of("*=") == std::string::npos);
}

TEST_CASE("a value is found wherever the chunks of a text are cut") {
  const Masks masks(Values{{"X", std::string(secret)}});
  for (const auto& form : forms()) {
    const auto text = "before " + form + " and " + form + ".\n";
    const auto whole = masks.masked(text);
    for (std::size_t first = 0; first <= text.size(); ++first)
      for (std::size_t second = first; second <= text.size(); second += 3) {
        Masks::Stream stream(masks);
        auto shown = stream.feed(text.substr(0, first));
        shown += stream.feed(text.substr(first, second - first));
        shown += stream.feed(text.substr(second));
        shown += stream.finish();
        REQUIRE(shown == whole);
      }
  }
}

TEST_CASE("what is no beginning of a value is shown at once, and the rest at the end") {
  const Masks masks(Values{{"X", "secret"}});
  Masks::Stream stream(masks);
  CHECK(stream.feed("a line\nsec") == "a line\n");
  CHECK(stream.feed("ond\nse") == "second\n");
  CHECK(stream.finish() == "se");
}

TEST_CASE("the longest of the values that begin at a place is hidden") {
  const Masks masks(Values{{"A", "abcd"}, {"B", "abcdefgh"}, {"C", "cdef"}});
  CHECK(masks.masked("abcdefgh abcdef abcdcdef") == "*** *** ******");
}

TEST_CASE("values and lines of fewer than four characters are not hidden, and none hides nothing") {
  CHECK(Masks(Values{{"A", "abc"}, {"B", ""}}).empty());
  CHECK(Masks().masked("abcd") == "abcd");
  const Masks lines(Values{{"KEY", "-----BEGIN\nMIIabc\n}\nEND-----\n"}});
  CHECK(lines.masked("x MIIabc y") == "x *** y");
  CHECK(lines.masked("END-----") == "***");
  CHECK(lines.masked("{}") == "{}");
  CHECK(lines.masked("-----BEGIN\nMIIabc\n}\nEND-----\n") == "***");
}

TEST_CASE("JSON stays JSON, whatever a value is: only its texts are masked") {
  const Masks masks(Values{{"A", "true"}, {"B", "line"}, {"C", "say \"it\""}});
  const boost::json::value event{{"line", "a line: say \"it\""}, {"ok", true}, {"all", {1, "true"}}};
  CHECK(boost::json::serialize(masks.masked_json(event)) ==
        R"({"line":"a ***: ***","ok":true,"all":[1,"***"]})");
}

TEST_CASE("a value is found where a line of a program was handed on in pieces") {
  const Masks masks(Values{{"X", "secret-word"}});
  for (std::size_t cut = 1; cut < 11; ++cut) {
    std::vector<std::string> shown;
    MaskedLines lines(masks);
    LineSplitter splitter([&](std::string_view line) { shown.push_back(lines.line(line)); });
    splitter.add(std::string(longest_line_piece - cut, '.') + "secret-word and\nsecret-\nword\n");
    splitter.finish();
    REQUIRE(shown.size() == 4);
    CHECK(shown[0] + shown[1] == std::string(longest_line_piece - cut, '.') + "*** and");
    CHECK(shown[2] == "secret-");  // another line is another text
  }
}

namespace {

struct Overlap {
  const char* kind;
  std::vector<std::string> secrets;
  std::string text;
};

const std::vector<Overlap> overlaps{
    {"the second begins with the end of the first", {"alpha-beta", "beta-gamma"}, "alpha-beta-gamma"},
    {"by a single byte", {"alpha-b", "beta"}, "alpha-beta"},
    {"three in a chain", {"one-two", "two-three", "three-four"}, "one-two-three-four"},
    {"with itself", {"abab"}, "ababababab"},
    {"of one byte repeated", {"aaaa"}, "aaaaaaaaaa"},
    {"one within the other", {"alpha-beta-gamma", "beta"}, "alpha-beta-gamma"},
    {"one the beginning of the other", {"alpha", "alpha-beta"}, "alpha-beta"},
    {"one in another's writing", {"key one", "one/two"}, "key%20one%2Ftwo"},
    {"lines of one value", {"first\nsecond", "second\nthird"}, "first\nsecond\nthird"},
};

}  // namespace

TEST_CASE("where values overlap nothing of either is seen, wherever the text is cut") {
  for (const auto& [kind, secrets, overlapped] : overlaps) {
    Values values;
    for (const auto& one : secrets) values[one] = one;
    const Masks masks(values);
    const std::string text = "<" + overlapped + ">";
    CAPTURE(kind);
    CHECK(masks.masked(text) == "<***>");
    for (std::size_t first = 0; first <= text.size(); ++first)
      for (std::size_t second = first; second <= text.size(); ++second) {
        Masks::Stream stream(masks);
        auto shown = stream.feed(text.substr(0, first));
        shown += stream.feed(text.substr(first, second - first));
        shown += stream.feed(text.substr(second));
        shown += stream.finish();
        CAPTURE(first);
        CAPTURE(second);
        REQUIRE(shown == "<***>");
      }
  }
}
