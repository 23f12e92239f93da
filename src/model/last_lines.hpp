#pragma once

#include <cstddef>
#include <deque>
#include <string>

namespace belay {

/// The last lines that a command printed: its own words are the "why" of a failure.
class LastLines {
 public:
  /// Of a longer line the beginning is kept, with a word on the rest.
  static constexpr std::size_t longest = 2000;

  explicit LastLines(std::size_t most) : most_(most) {}

  void add(std::string line);
  std::string text() const;
  /// Behind what was found, on lines of their own.
  std::string behind(const std::string& finding) const;

 private:
  std::size_t most_;
  std::deque<std::string> lines_;
};

}  // namespace belay
