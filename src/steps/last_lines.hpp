#pragma once

#include <cstddef>
#include <deque>
#include <string>

namespace belay {

/// The last lines that a command printed: its own words are the "why" of a failure.
class LastLines {
 public:
  explicit LastLines(std::size_t most) : most_(most) {}

  void add(std::string line) {
    lines_.push_back(std::move(line));
    if (lines_.size() > most_) lines_.pop_front();
  }
  std::string text() const {
    std::string all;
    for (const auto& line : lines_) all += (all.empty() ? "" : "\n") + line;
    return all;
  }
  /// Behind what was found, on lines of their own.
  std::string behind(const std::string& finding) const {
    return lines_.empty() ? finding : finding + "\n" + text();
  }

 private:
  std::size_t most_;
  std::deque<std::string> lines_;
};

}  // namespace belay
