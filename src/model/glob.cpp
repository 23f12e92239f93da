#include "model/glob.hpp"

#include <cctype>
#include <optional>
#include <utility>

namespace belay {

/// Reads one pattern from its start to its end.
class PatternReader {
 public:
  using Mistake = Pattern::Mistake;

  explicit PatternReader(std::string_view text) : text_(text) {}

  std::expected<Pattern, Mistake> read() {
    pattern_.takes_back_ = text_.starts_with('!');
    if (pattern_.takes_back_) ++at_;
    start_ = at_;
    if (at_ == text_.size()) return std::unexpected(mistake(at_, "it is empty", "write what it matches"));
    while (at_ < text_.size())
      if (auto wrong = read_one()) return std::unexpected(std::move(*wrong));
    return std::move(pattern_);
  }

 private:
  using Place = Pattern::Place;
  using Wrong = std::optional<Mistake>;

  static Mistake mistake(std::size_t at, std::string message, std::string remedy) {
    return {std::move(message), std::move(remedy), at + 1};
  }

  Wrong read_one() {
    switch (const char c = text_[at_]) {
      case '*':
        read_star();
        return {};
      case '?':
      case '+':
        return repeat(c);
      case '[':
        return read_choice();
      case '\\':
        if (++at_ == text_.size())
          return mistake(at_ - 1, "'\\' has nothing behind it", "write '\\\\' for a backslash");
        literal(text_[at_++]);
        return {};
      default:
        literal(c);
        ++at_;
        return {};
    }
  }

  void literal(char c) {
    add({.bytes = {}}).bytes.set(static_cast<unsigned char>(c));
    repeatable_ = true;
  }

  void read_star() {
    const bool folders = at_ == start_ || text_[at_ - 1] == '/';
    std::size_t stars = 0;
    while (at_ < text_.size() && text_[at_] == '*') ++at_, ++stars;
    repeatable_ = false;
    const bool anything = stars > 1;
    if (anything && folders && at_ < text_.size() && text_[at_] == '/') {
      ++at_;
      add({.bytes = {}, .jumps = {1, 3}});  // into the folders, or past them
      add_star(true);
      add({.bytes = {}}).bytes.set('/');
    } else {
      add_star(anything);
    }
  }

  void add_star(bool with_slash) {
    Place& place = add({.bytes = {}, .loops = true, .jumps = {1}});
    place.bytes.set();
    if (!with_slash) place.bytes.reset('/');
  }

  Wrong repeat(char c) {
    if (!repeatable_)
      return mistake(at_, std::string("'") + c + "' has no character before it that it could repeat",
                     std::string("write '\\") + c + "' for the character itself");
    repeatable_ = false;
    ++at_;
    if (c == '?')
      pattern_.places_.back().jumps = {1};
    else
      pattern_.places_.back().loops = true;
    return {};
  }

  Wrong read_choice() {
    const std::size_t open = at_++;
    Place place;
    while (at_ < text_.size() && text_[at_] != ']')
      if (auto wrong = read_range(place)) return wrong;
    if (at_ == text_.size()) return mistake(open, "'[' is never closed", "close it with ']', or write '\\['");
    ++at_;
    if (place.bytes.none()) return mistake(open, "'[]' names no character", "write '\\[' for a bracket");
    add(std::move(place));
    repeatable_ = true;
    return {};
  }

  Wrong read_range(Place& place) {
    const auto from = static_cast<unsigned char>(text_[at_]);
    if (std::isalnum(from) == 0)
      return mistake(at_, "between '[' and ']' stand only letters, digits and ranges of them",
                     "for example [0-9a-f]");
    unsigned char to = from;
    std::size_t length = 1;
    if (at_ + 2 < text_.size() && text_[at_ + 1] == '-' && text_[at_ + 2] != ']') {
      to = static_cast<unsigned char>(text_[at_ + 2]);
      length = 3;
      const bool alike = (std::isdigit(from) && std::isdigit(to)) ||
                         (std::islower(from) && std::islower(to)) || (std::isupper(from) && std::isupper(to));
      if (!alike || to < from)
        return mistake(at_, "this is no range", "a range is within 0-9, a-z or A-Z, for example [0-9]");
    }
    for (unsigned c = from; c <= to; ++c) place.bytes.set(c);
    at_ += length;
    return {};
  }

  Place& add(Place place) { return pattern_.places_.emplace_back(std::move(place)); }

  std::string_view text_;
  std::size_t at_ = 0, start_ = 0;
  bool repeatable_ = false;  // whether ? and + may follow
  Pattern pattern_;
};

std::expected<Pattern, Pattern::Mistake> Pattern::read(std::string_view text) {
  return PatternReader(text).read();
}

bool Pattern::matches(std::string_view name) const {
  // All places that the bytes so far can lead to; a jump leads only onwards, so one pass finds all.
  std::vector<bool> here(places_.size() + 1);
  const auto jump = [&](std::vector<bool>& reached) {
    for (std::size_t i = 0; i < places_.size(); ++i)
      if (reached[i])
        for (const std::size_t by : places_[i].jumps) reached[i + by] = true;
  };
  here[0] = true;
  jump(here);
  for (const char c : name) {
    std::vector<bool> next(here.size());
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (!here[i] || !places_[i].bytes.test(static_cast<unsigned char>(c))) continue;
      next[i + 1] = true;
      if (places_[i].loops) next[i] = true;
    }
    jump(next);
    here = std::move(next);
  }
  return here.back();
}

bool matches_list(const std::vector<std::string>& patterns, std::string_view name) {
  bool matched = false;
  for (const std::string& text : patterns)
    if (const auto pattern = Pattern::read(text); pattern && pattern->matches(name))
      matched = !pattern->takes_back();
  return matched;
}

}  // namespace belay
