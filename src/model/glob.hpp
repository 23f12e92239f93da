#pragma once

#include <bitset>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace belay {

/// A pattern for branches, tags and paths, with the meaning that GitHub Actions gives it:
///   *    any characters but /          ?    the character before it, or none
///   **   any characters                +    the character before it, once or more
///   **/  any folders, or none          [ab0-9]   one of these characters
///   \    the next character is no special one
/// `!` at the start takes back what a pattern before it in a list matches. The pattern has to match the whole
/// name. Matching takes time proportional to pattern × name.
class Pattern {
 public:
  struct Mistake {
    std::string message, remedy;
    std::size_t at = 0;  // the character, counted from 1
  };
  static std::expected<Pattern, Mistake> read(std::string_view);

  bool takes_back() const { return takes_back_; }
  bool matches(std::string_view name) const;

 private:
  friend class PatternReader;
  /// One place of an automaton. From here the next place is reached with one of these bytes; with `loops`
  /// this place is reached again, too. `jumps` leads that many places on without a byte.
  struct Place {
    std::bitset<256> bytes;
    bool loops = false;
    std::vector<std::size_t> jumps{};
  };
  bool takes_back_ = false;
  std::vector<Place> places_;
};

/// Whether the last of the patterns that match `name` is one without `!`. A pattern that cannot be read
/// matches nothing; belay.yml has none.
bool matches_list(const std::vector<std::string>& patterns, std::string_view name);

}  // namespace belay
