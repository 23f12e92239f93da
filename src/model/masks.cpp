#include "model/masks.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/line_splitter.hpp"

namespace belay {

namespace {

enum class Match { no, open, yes };

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

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

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// Whether `text` begins with `prefix` and `digits` hexadecimal digits that name `byte`.
Match hex_of(std::string_view text, std::string_view prefix, std::size_t digits, char byte) {
  const auto lead = text.substr(0, prefix.size());
  if (lead != prefix.substr(0, lead.size())) return Match::no;
  if (lead.size() < prefix.size()) return Match::open;
  const auto number = text.substr(prefix.size(), digits);
  if (!is_hex(number)) return Match::no;
  if (number.size() < digits) return Match::open;
  unsigned found = 0;
  std::from_chars(number.data(), number.data() + number.size(), found, 16);
  return found == static_cast<unsigned char>(byte) ? Match::yes : Match::no;
}

/// How JSON writes it behind a backslash; 0: by its number only.
char letter_of_escape(char byte) {
  constexpr std::string_view bytes = "\n\r\t\b\f\"\\/", letters = "nrtbf\"\\/";
  const auto at = bytes.find(byte);
  return at == std::string_view::npos ? '\0' : letters[at];
}

struct Written {
  std::string_view prefix;
  std::size_t digits;
};
constexpr std::array<Written, 2> by_number{{{"%", 2}, {"\\u", 4}}};

/// The ways to write one byte: calls `found(length)` for each that stands at the text's beginning. True if
/// the text ends within one.
template <class Sink>
bool for_each_writing(std::string_view text, char byte, const Sink& found) {
  if (text.empty()) return true;
  bool open = false;
  if (text.front() == byte) found(1);
  if (byte == ' ' && text.front() == '+') found(1);
  if (const char letter = letter_of_escape(byte); letter != '\0' && text.front() == '\\') {
    open = open || text.size() == 1;
    if (text.size() > 1 && text[1] == letter) found(2);
  }
  for (const auto& [prefix, digits] : by_number) {
    const auto match = hex_of(text, prefix, digits, byte);
    open = open || match == Match::open;
    if (match == Match::yes) found(prefix.size() + digits);
  }
  return open;
}

/// The longest writing of `value` at the text's beginning; 0: none. Sets `open` if the text ends within one.
/// A backslash can be itself and the start of an escape: both ways are followed, by their places.
std::size_t longest_writing(std::string_view text, std::string_view value, bool& open) {
  const char first = text.front();
  if (first != value.front() && first != '%' && first != '\\' && first != '+') return 0;
  std::vector<std::size_t> places{0};
  for (const char byte : value) {
    std::vector<std::size_t> next;
    for (const auto place : places)
      open = for_each_writing(text.substr(place), byte,
                              [&](std::size_t length) {
                                if (std::ranges::find(next, place + length) == next.end())
                                  next.push_back(place + length);
                              }) ||
             open;
    if (next.empty()) return 0;
    places = std::move(next);
  }
  return *std::ranges::max_element(places);
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
  for (const auto& [name, value] : values) {
    add(value);
    if (!value.contains('\n')) continue;
    LineSplitter lines([this](std::string_view line) { add(line); });
    lines.add(value);
    lines.finish();
  }
}

void Masks::add(std::string_view value) {
  if (value.size() < shortest) return;
  forms_.push_back({std::string(value), true});
  for (const std::size_t before : {0U, 1U, 2U}) {
    const auto [core, last] = base64_of(value, before);
    for (const auto& text : {core, last, url_safe(core), url_safe(last)})
      if (std::ranges::find(forms_, text, &Form::text) == forms_.end()) forms_.push_back({text, false});
  }
  for (const auto& form : forms_) begins_[static_cast<unsigned char>(form.text.front())] = true;
  for (const char other : {'%', '\\', '+'}) begins_[static_cast<unsigned char>(other)] = true;
}

Masks::Found Masks::at(std::string_view text) const {
  Found found;
  for (const auto& form : forms_)
    found.length = std::max(found.length, form.escapes ? longest_writing(text, form.text, found.open)
                                                       : literal(text, form.text, found.open));
  return found;
}

std::string Masks::masked(std::string_view text, std::size_t* rest) const {
  std::string result;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto found = begins_[static_cast<unsigned char>(text[at])] ? this->at(text.substr(at)) : Found{};
    if (found.open && rest != nullptr) break;
    if (found.length > 0)
      result += shown;
    else
      result += text[at];
    at += std::max<std::size_t>(found.length, 1);
  }
  if (rest != nullptr) *rest = at;
  return result;
}

std::string Masks::masked(std::string_view text) const {
  return empty() ? std::string(text) : masked(text, nullptr);
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
  held_ += chunk;
  if (masks_->empty()) return std::exchange(held_, {});
  std::size_t decided = 0;
  auto text = masks_->masked(held_, &decided);
  held_.erase(0, decided);
  return text;
}

std::string Masks::Stream::finish() {
  return masks_->masked(std::exchange(held_, {}));
}

std::string MaskedLines::line(std::string_view text) {
  auto masked = stream_.feed(text);
  return text.size() < longest_line_piece ? masked + stream_.finish() : masked;
}

}  // namespace belay
