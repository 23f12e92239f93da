#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/line_splitter.hpp"
#include "model/masks.hpp"
#include "model/utf8.hpp"

/// Random secrets, written by encoders that know nothing of the masks, within random texts that come in
/// random chunks: none may be seen.
using namespace belay;

namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t limit) {
  return random() % limit;
}

/// A text, and what of it tells the secret: each of these must be gone.
struct Writing {
  const char* by;
  std::string text;
  std::vector<std::string> telling;
};

/// The whole of it, and every eight characters of its second half: a secret that is hidden in part is seen.
/// (The texts have beginnings of secrets anyway.)
std::vector<std::string> parts_of(const std::string& text) {
  constexpr std::size_t length = 8;
  std::vector<std::string> parts{text};
  for (auto at = (text.size() + 1) / 2; at + length <= text.size(); ++at)
    parts.push_back(text.substr(at, length));
  return parts;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

unsigned number(char c) {
  return static_cast<unsigned>(static_cast<unsigned char>(c));
}

std::string base64(std::string_view bytes, std::string_view last_two) {
  const std::string letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + std::string(last_two);
  std::string bits, text;
  for (const char c : bytes)
    for (int bit = 7; bit >= 0; --bit) bits += (number(c) >> bit & 1U) != 0 ? '1' : '0';
  while (bits.size() % 6 != 0) bits += '0';
  for (std::size_t i = 0; i < bits.size(); i += 6) text += letters[std::stoul(bits.substr(i, 6), nullptr, 2)];
  return text;
}

/// Within other bytes: what tells the secret are the characters that it alone decides.
Writing embedded(const std::string& secret, std::size_t before, std::size_t after,
                 std::string_view last_two) {
  const auto text = base64(std::string(before, 'u') + secret + std::string(after, '!'), last_two);
  const auto begin = (before * 8 + 5) / 6, end = (before + secret.size()) * 8 / 6;
  return {"base64", text, parts_of(text.substr(begin, end - begin))};
}

Writing wrapped(const std::string& secret, std::size_t width, bool with_newline) {
  const auto text = base64(secret + (with_newline ? "\n" : ""), "+/");
  Writing writing{"wrapped base64", "", {}};
  for (std::size_t at = 0; at < text.size(); at += width) {
    writing.text += text.substr(at, width) + "\n";
    const auto end = std::min(at + width, secret.size() * 8 / 6);
    if (end < at + Masks::shortest) continue;
    const auto parts = parts_of(text.substr(at, end - at));
    writing.telling.insert(writing.telling.end(), parts.begin(), parts.end());
  }
  return writing;
}

template <class Encode>
std::string each(std::string_view secret, const Encode& encode) {
  std::string text;
  for (const char c : secret) text += encode(c);
  return text;
}

std::string url(std::string_view secret, const char* format, bool plus) {
  return each(secret, [&](char c) {
    if (plus && c == ' ') return std::string("+");
    return is_plain(c) ? std::string(1, c) : fmt::format(fmt::runtime(format), number(c));
  });
}

/// As Python and others write it: ASCII alone.
std::string ascii_json(std::string_view secret) {
  std::string text;
  while (!secret.empty()) {
    const auto length = std::max<std::size_t>(1, utf8_sequence_length(secret));
    const auto point = utf8_code_point(secret.substr(0, length));
    if (point >= 0x10000)
      text += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((point - 0x10000) >> 10),
                          0xDC00 + ((point - 0x10000) & 0x3FFU));
    else if (is_plain(static_cast<char>(point)) && length == 1)
      text += secret.front();
    else
      text += fmt::format("\\u{:04x}", point);
    secret.remove_prefix(length);
  }
  return text;
}

std::string json(const std::string& secret, bool slashes) {
  auto text = boost::json::serialize(boost::json::value(secret));
  text = text.substr(1, text.size() - 2);
  if (!slashes) return text;
  return each(text, [](char c) { return c == '/' ? std::string("\\/") : std::string(1, c); });
}

std::string single_quoted(std::string_view secret, const char* quote) {
  return "'" + each(secret, [&](char c) { return c == '\'' ? std::string(quote) : std::string(1, c); }) + "'";
}

std::string double_quoted(std::string_view secret) {
  return "\"" +
         each(secret,
              [](char c) {
                return std::string("\"\\$`").contains(c) ? std::string("\\") + c : std::string(1, c);
              }) +
         "\"";
}

std::string backslashed(std::string_view secret) {
  return each(secret, [](char c) { return is_plain(c) ? std::string(1, c) : std::string("\\") + c; });
}

std::string dollar_quoted(std::string_view secret, const char* format) {
  return "$'" +
         each(secret,
              [&](char c) {
                if (c == '\n') return std::string("\\n");
                if (c == '\'' || c == '\\') return std::string("\\") + c;
                return number(c) < 0x20 || number(c) >= 0x7F ? fmt::format(fmt::runtime(format), number(c))
                                                             : std::string(1, c);
              }) +
         "'";
}

Writing line_by_line(const std::string& secret) {
  Writing writing{"line by line", "", {}};
  LineSplitter lines([&](std::string_view line) {
    writing.text += "| " + std::string(line) + " |\n";
    if (line.size() < Masks::shortest) return;
    const auto parts = parts_of(std::string(line));
    writing.telling.insert(writing.telling.end(), parts.begin(), parts.end());
  });
  lines.add(secret);
  lines.finish();
  return writing;
}

std::vector<Writing> writings_of(const std::string& secret, Random& random) {
  std::vector<Writing> all{line_by_line(secret)};
  for (std::size_t before = 0; before < 3; ++before)
    for (const char* last_two : {"+/", "-_"})
      all.push_back(embedded(secret, before + 3 * below(random, 3), below(random, 4), last_two));
  for (const std::size_t width : {64U, 76U}) all.push_back(wrapped(secret, width, below(random, 2) == 0));
  const auto whole = [&](const char* by, std::string text) { all.push_back({by, text, parts_of(text)}); };
  whole("plain", secret);
  for (const char* format : {"%{:02X}", "%{:02x}"})
    for (const bool plus : {false, true}) whole("URL", url(secret, format, plus));
  for (const bool slashes : {false, true}) whole("JSON", json(secret, slashes));
  whole("JSON in ASCII", ascii_json(secret));
  for (const char* quote : {R"('\'')", R"('"'"')"}) whole("single quotes", single_quoted(secret, quote));
  whole("double quotes", double_quoted(secret));
  whole("backslashes", backslashed(secret));
  for (const char* format : {"\\{:03o}", "\\x{:02x}"}) whole("$'…'", dollar_quoted(secret, format));
  return all;
}

std::string random_secret(Random& random) {
  static const std::vector<std::string> pieces{"a",  "b",  "Z",  "0", "7", " ", "+", "/", "%",
                                               "\\", "\"", "'",  "$", "`", "&", "=", "é", "€",
                                               "🎈", "\n", "\t", "n", "u", "x", "!", "<"};
  const std::size_t size = below(random, 8) == 0 ? 60 + below(random, 200) : 5 + below(random, 30);
  std::string secret;
  while (secret.size() < size) secret += pieces[below(random, pieces.size())];
  return secret;
}

/// Words, beginnings of the secret and characters that begin an escape.
std::string noise(const std::string& secret, Random& random) {
  static const std::vector<std::string> words{"a line of ", "value=", "\\", "%",  "'",
                                              "\"",         "\n",     "{}", "%2", "\\u00"};
  const auto half_a_line = std::min(secret.size(), secret.find('\n')) / 2;
  std::string text;
  for (auto left = below(random, 4); left > 0; --left)
    text += (text.empty() ? "" : " . ") + (below(random, 3) == 0
                                               ? secret.substr(0, below(random, half_a_line + 1))
                                               : words[below(random, words.size())]);
  return text;
}

template <class Take>
void in_chunks(std::string_view text, Random& random, const Take& take) {
  while (!text.empty()) {
    const auto size = std::min(text.size(), 1 + below(random, below(random, 2) == 0 ? 3 : 40));
    take(text.substr(0, size));
    text.remove_prefix(size);
  }
}

std::string shown_by(const Masks& masks, const std::string& text, Random& random) {
  Masks::Stream stream(masks);
  std::string shown;
  in_chunks(text, random, [&](std::string_view chunk) { shown += stream.feed(chunk); });
  return shown + stream.finish();
}

std::string shown_as_lines(const Masks& masks, const std::string& text, Random& random) {
  MaskedLines lines(masks);
  std::string shown;
  LineSplitter splitter([&](std::string_view line) { shown += lines.line(line) + "\n"; });
  in_chunks(text, random, [&](std::string_view chunk) { splitter.add(chunk); });
  splitter.finish();
  return shown;
}

bool tells(const std::string& shown, const Writing& writing) {
  return std::ranges::any_of(writing.telling, [&](const auto& part) { return shown.contains(part); });
}

}  // namespace

TEST_CASE("no secret is seen in any encoding, with anything around it, wherever the text is cut") {
  Random random(20260112);  // NOLINT(bugprone-random-generator-seed): the same ones in every run
  std::size_t seen_without_masks = 0, all = 0;
  for (int round = 0; round < 100; ++round) {
    const auto secret = random_secret(random);
    const Masks masks(Values{{"A", secret}, {"B", random_secret(random)}});
    for (const auto& writing : writings_of(secret, random)) {
      const auto text = noise(secret, random) + writing.text + noise(secret, random);
      CAPTURE(writing.by);
      CAPTURE(secret);
      CAPTURE(text);
      REQUIRE_FALSE(tells(masks.masked(text), writing));
      REQUIRE_FALSE(tells(shown_by(masks, text, random), writing));
      if (std::ranges::none_of(writing.telling, [](const auto& part) { return part.contains('\n'); }))
        REQUIRE_FALSE(tells(shown_as_lines(masks, text, random), writing));
      ++all;
      seen_without_masks += tells(shown_by(Masks(), text, random), writing) ? 1 : 0;
    }
  }
  // What looks for them does find them: a line of three characters or less is not looked for.
  CHECK(seen_without_masks * 100 > all * 99);
}
