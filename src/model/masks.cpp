#include "model/masks.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/line_splitter.hpp"
#include "model/utf8.hpp"

namespace belay {

namespace {

enum class Match { no, open, yes };

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::size_t, 2> wrapped_at{64, 76};  // by openssl, and by base64

/// What base64 makes of `value` where it stands behind `before` other bytes of the three that make a group.
struct Base64 {
  std::string core;  // the characters that the value alone decides
  std::string last;  // these and the last one, where nothing follows the value
};

Base64 base64_of(std::string_view value, std::size_t before) {
  Base64 encoded;
  const std::size_t bits = value.size() * 8;
  // The first character that begins in the value: 0, 2 or 3 characters behind the group's start.
  for (std::size_t bit = before == 0 ? 0 : before == 1 ? 4 : 2; bit < bits; bit += 6) {
    unsigned character = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      const bool set = i < bits && (static_cast<unsigned char>(value[i / 8]) >> (7 - i % 8) & 1U) != 0;
      character = character << 1 | (set ? 1U : 0U);
    }
    encoded.last += alphabet[character];
    if (bit + 6 <= bits) encoded.core += alphabet[character];
  }
  return encoded;
}

std::string url_safe(std::string base64) {
  std::ranges::replace(base64, '+', '-');
  std::ranges::replace(base64, '/', '_');
  return base64;
}

/// Whether `text` begins with `prefix` and `digits` digits of that base, which name `number`.
Match number_of(std::string_view text, std::string_view prefix, std::size_t digits, int base,
                unsigned number) {
  const auto lead = text.substr(0, prefix.size());
  if (lead != prefix.substr(0, lead.size())) return Match::no;
  if (lead.size() < prefix.size()) return Match::open;
  const auto written = text.substr(prefix.size(), digits);
  unsigned found = 0;
  const auto [end, failed] = std::from_chars(written.data(), written.data() + written.size(), found, base);
  if (end != written.data() + written.size() || (!written.empty() && failed != std::errc())) return Match::no;
  if (written.size() < digits) return Match::open;
  return found == number ? Match::yes : Match::no;
}

Match same(std::string_view text, std::string_view written) {
  const auto lead = text.substr(0, written.size());
  if (lead != written.substr(0, lead.size())) return Match::no;
  return lead.size() < written.size() ? Match::open : Match::yes;
}

/// How JSON and a shell's $'…' write it behind a backslash; 0: by its number only.
char letter_of_escape(char byte) {
  constexpr std::string_view bytes = "\n\r\t\b\f\a\v\033", letters = "nrtbfavE";
  const auto at = bytes.find(byte);
  return at == std::string_view::npos ? '\0' : letters[at];
}

bool is_word(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
}

struct ByNumber {
  std::string_view prefix;
  std::size_t digits;
  int base;
};
/// In a URL; in JSON; in a shell's $'…' and in what programs print of bytes.
constexpr std::array<ByNumber, 4> bytes_by_number{
    {{"%", 2, 16}, {"\\u", 4, 16}, {"\\x", 2, 16}, {"\\", 3, 8}}};
/// Within single quotes of a shell a single quote has to leave them.
constexpr std::array<std::string_view, 2> quoted_quote{R"('\'')", R"('"'"')"};

/// What stands at the beginning of a text. `found(length, bytes)` is called for each writing of the first
/// `bytes` bytes of the value.
template <class Sink>
class Writings {
 public:
  Writings(std::string_view text, std::string_view value, const Sink& found)
      : text_(text), value_(value), found_(found) {}

  /// Calls the sink for all of them. True if the text ends within one.
  bool all() {
    if (text_.empty()) return true;
    one_byte();
    if (text_.front() == '\\' && static_cast<unsigned char>(value_.front()) >= 0x80) one_character();
    return open_;
  }

 private:
  void take(Match match, std::size_t length, std::size_t bytes = 1) {
    open_ = open_ || match == Match::open;
    if (match == Match::yes) found_(length, bytes);
  }

  void one_byte() {
    const char byte = value_.front();
    if (text_.front() == byte || (byte == ' ' && text_.front() == '+')) found_(1, 1);
    if (byte == '\'')
      for (const auto written : quoted_quote) take(same(text_, written), written.size());
    if (text_.front() != '%' && text_.front() != '\\') return;
    for (const auto& [prefix, digits, base] : bytes_by_number)
      take(number_of(text_, prefix, digits, base, static_cast<unsigned char>(byte)), prefix.size() + digits);
    if (const char letter = letter_of_escape(byte); letter != '\0')
      take(same(text_, {std::array{'\\', letter}.data(), 2}), 2);
    if (!is_word(byte)) take(same(text_, {std::array{'\\', byte}.data(), 2}), 2);
  }

  /// JSON in plain ASCII: one or two numbers for a character of several bytes.
  void one_character() {
    const auto bytes = utf8_sequence_length(value_);
    if (bytes < 2) return;
    const auto point = utf8_code_point(value_.substr(0, bytes));
    if (point < 0x10000) return take(number_of(text_, "\\u", 4, 16, point), 6, bytes);
    const auto high = number_of(text_, "\\u", 4, 16, 0xD800 + ((point - 0x10000) >> 10));
    if (high != Match::yes) return take(high, 0, bytes);
    take(number_of(text_.substr(6), "\\u", 4, 16, 0xDC00 + ((point - 0x10000) & 0x3FFU)), 12, bytes);
  }

  std::string_view text_, value_;
  const Sink& found_;
  bool open_ = false;
};

/// The longest writing of `value` at the text's beginning; 0: none. Sets `open` if the text ends within one.
/// A backslash can be itself and the start of an escape: both ways are followed, by their places.
std::size_t longest_writing(std::string_view text, std::string_view value, bool& open) {
  // Where the text goes on behind the value's first `at` bytes; its character may lead up to four further.
  std::array<std::vector<std::size_t>, 4> places;
  places[0] = {0};
  for (std::size_t at = 0; at < value.size(); ++at) {
    for (const auto place : std::exchange(places[at % 4], {})) {
      const auto note = [&](std::size_t length, std::size_t bytes) {
        auto& next = places[(at + bytes) % 4];
        if (std::ranges::find(next, place + length) == next.end()) next.push_back(place + length);
      };
      open = Writings(text.substr(place), value.substr(at), note).all() || open;
    }
    if (std::ranges::all_of(places, &std::vector<std::size_t>::empty)) return 0;
  }
  const auto& ends = places[value.size() % 4];
  return ends.empty() ? 0 : *std::ranges::max_element(ends);
}

std::size_t literal(std::string_view text, std::string_view value, bool& open) {
  const auto lead = text.substr(0, value.size());
  if (lead != value.substr(0, lead.size())) return 0;
  if (lead.size() == value.size()) return value.size();
  open = true;
  return 0;
}

}  // namespace

Masks::Masks(const Values& values) {
  std::set<std::string> known;
  for (const auto& [name, value] : values) {
    add(value, known);
    if (value.find_first_of("\r\n") == std::string::npos) continue;
    LineSplitter lines([&](std::string_view line) { add(line, known); });
    lines.add(value);
    lines.finish();
  }
}

void Masks::add(std::string_view value, std::set<std::string>& known) {
  if (value.size() < shortest) return;
  if (known.insert("value " + std::string(value)).second) {
    const auto number = static_cast<std::uint32_t>(forms_.size());
    std::set<char> firsts{value.front(), '%', '\\'};
    if (value.front() == ' ') firsts.insert('+');
    for (const char first : firsts) by_first_[static_cast<unsigned char>(first)].push_back(number);
    forms_.push_back({std::string(value), true});
  }
  for (const std::size_t before : {0U, 1U, 2U}) {
    const auto [core, last] = base64_of(value, before);
    for (const auto& text : {core, last, url_safe(core), url_safe(last)}) add_literal(text, known);
    if (before > 0) continue;  // wrapped is what a program writes of the value alone
    for (const auto& text : {core, last})
      for (const std::size_t width : wrapped_at)
        for (std::size_t at = 0; text.size() > width && at < text.size(); at += width)
          add_literal(text.substr(at, width), known);
  }
}

void Masks::add_literal(const std::string& text, std::set<std::string>& known) {
  if (text.size() < shortest || !known.insert("base64 " + text).second) return;
  by_first_[static_cast<unsigned char>(text.front())].push_back(static_cast<std::uint32_t>(forms_.size()));
  forms_.push_back({text, false});
}

Masks::Found Masks::at(std::string_view text) const {
  Found found;
  for (const auto number : by_first_[static_cast<unsigned char>(text.front())]) {
    const auto& form = forms_[number];
    found.length = std::max(found.length, form.escapes ? longest_writing(text, form.text, found.open)
                                                       : literal(text, form.text, found.open));
  }
  return found;
}

std::string Masks::masked(std::string_view text, std::size_t covered, Rest* rest) const {
  std::string result;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const auto found = this->at(text.substr(at));
    if (found.open && rest != nullptr) break;
    if (at >= covered) {
      if (found.length > 0)
        result += shown;
      else
        result += text[at];
    }
    if (found.length > 0) covered = std::max(covered, at + found.length);
  }
  if (rest != nullptr) *rest = {at, covered - std::min(covered, at)};
  return result;
}

std::string Masks::masked(std::string_view text) const {
  return empty() ? std::string(text) : masked(text, 0, nullptr);
}

boost::json::value Masks::masked_json(const boost::json::value& value) const {
  if (empty()) return value;
  if (const auto* text = value.if_string()) return boost::json::value(masked(*text));
  if (const auto* array = value.if_array()) {
    boost::json::array all;
    for (const auto& one : *array) all.push_back(masked_json(one));
    return all;
  }
  if (const auto* object = value.if_object()) {
    boost::json::object all;
    for (const auto& [key, one] : *object) all.insert_or_assign(key, masked_json(one));
    return all;
  }
  return value;
}

std::vector<std::string> Masks::masked_lines(const std::vector<std::string>& lines) const {
  std::vector<std::string> all;
  all.reserve(lines.size());
  for (const auto& line : lines) all.push_back(masked(line));
  return all;
}

std::string Masks::Stream::feed(std::string_view chunk) {
  held_.text += chunk;
  if (masks_->empty()) return std::exchange(held_.text, {});
  Rest rest;
  auto text = masks_->masked(held_.text, held_.covered, &rest);
  held_.text.erase(0, rest.at);
  held_.covered = rest.covered;
  return text;
}

std::string Masks::Stream::finish() {
  const auto held = std::exchange(held_, {});
  return masks_->masked(held.text, held.covered, nullptr);
}

std::string MaskedLines::line(std::string_view text) {
  auto masked = stream_.feed(text);
  return text.size() < longest_line_piece ? masked + stream_.finish() : masked;
}

}  // namespace belay
