#include "cli/table.hpp"

#include <algorithm>

#include "cli/text_width.hpp"

namespace belay::cli {

void Table::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::rendered(const Style& style, int columns) const {
  std::vector<int> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    int width = display_width(columns_[i].heading);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
    widths.push_back(width);
  }
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells, bool heading) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool right = columns_[i].align == Align::right;
      std::string cell = right ? right_aligned(cells[i], widths[i]) : padded(cells[i], widths[i]);
      line += (i == 0 ? "" : "  ") + cell;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    if (columns > 0) line = clipped(line, columns, style.ellipsis());
    text += (heading ? style.bold(line) : line) + "\n";
  };
  std::vector<std::string> headings;
  headings.reserve(columns_.size());
  for (const Column& column : columns_) headings.push_back(column.heading);
  add_line(headings, true);
  for (const auto& row : rows_) add_line(row, false);
  return text;
}

std::string labelled(const std::vector<std::pair<std::string, std::string>>& lines, const Style& style,
                     int indent) {
  int width = 0;
  for (const auto& [label, value] : lines)
    if (!value.empty()) width = std::max(width, display_width(label));
  std::string text;
  for (const auto& [label, value] : lines) {
    if (value.empty()) continue;
    text += std::string(static_cast<std::size_t>(indent), ' ') + style.dim(padded(label, width)) + "  " +
            value + "\n";
  }
  return text;
}

}  // namespace belay::cli
