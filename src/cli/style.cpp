#include "cli/style.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

namespace belay::cli {

std::string Style::dressed(std::string_view code, std::string_view text) const {
  if (!colour || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string_view Style::spinner(std::size_t turn) const {
  static constexpr std::array<std::string_view, 10> dots = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  static constexpr std::array<std::string_view, 4> strokes = {"|", "/", "-", "\\"};
  return unicode ? dots[turn % dots.size()] : strokes[turn % strokes.size()];
}

std::string Style::bar(double share, int columns) const {
  const int full = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * columns));
  std::string filled, rest;
  for (int i = 0; i < full; ++i) filled += bar_full();
  for (int i = full; i < columns; ++i) rest += bar_rest();
  return cyan(filled) + dim(rest);
}

std::string counted(std::size_t number, std::string_view singular) {
  return fmt::format("{} {}{}", number, singular, number == 1 ? "" : "s");
}

}  // namespace belay::cli
