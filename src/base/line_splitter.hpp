#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace belay {

/// A line that is longer, in bytes, is handed on in pieces of at least this length; only the last is shorter.
inline constexpr std::size_t longest_line_piece = 1u << 20;

/// Cuts what a program prints into lines, as a person sees them: at newlines and at the carriage returns of
/// progress bars; a carriage return and newline together end one line. A line over a MiB is handed on in
/// pieces.
class LineSplitter {
 public:
  explicit LineSplitter(std::function<void(std::string_view)> to) : to_(std::move(to)) {}
  void add(std::string_view bytes);
  /// The last line, if it had no newline.
  void finish();

 private:
  void hand_on();

  std::function<void(std::string_view)> to_;
  std::string line_;
  bool after_return_ = false;  // the line was handed on at its '\r': a '\n' now is the same end
};

}  // namespace belay
