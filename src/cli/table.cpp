#include "cli/table.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/ranges.h>

#include "cli/text_width.hpp"

namespace belay::cli {
namespace {

constexpr int gap = 2, least_name = 16, least_value = 20;

}  // namespace

/// The columns that are shown, by their place, each with its width; and the headings of the others.
struct Table::Shown {
  std::vector<std::size_t> columns;
  std::vector<int> widths;
  std::vector<std::string> left_out;

  int total() const {
    return std::accumulate(widths.begin(), widths.end(), gap * (static_cast<int>(widths.size()) - 1));
  }
};

void Table::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

Table::Shown Table::fitted(int columns) const {
  Shown shown;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    int width = display_width(columns_[i].heading);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
    shown.columns.push_back(i);
    shown.widths.push_back(width);
  }
  if (columns <= 0) return shown;
  const auto natural = shown.widths;

  while (shown.total() > columns) {
    // The widest name gives a column of its own first.
    int* widest = nullptr;
    for (std::size_t i = 0; i < shown.columns.size(); ++i) {
      int& width = shown.widths[i];
      if (columns_[shown.columns[i]].narrow == Narrow::whole || width <= least_name) continue;
      if (!widest || width > *widest) widest = &width;
    }
    if (widest) {
      --*widest;
      continue;
    }
    const auto spare = std::find_if(shown.columns.rbegin(), shown.columns.rend(), [&](std::size_t column) {
      return columns_[column].narrow == Narrow::spare;
    });
    if (spare == shown.columns.rend()) break;
    shown.left_out.insert(shown.left_out.begin(), columns_[*spare].heading);
    shown.columns.erase(std::next(spare).base());
    shown.widths.clear();  // the others may be as wide as they need again
    for (const std::size_t column : shown.columns) shown.widths.push_back(natural[column]);
  }
  return shown;
}

std::string Table::line(const std::vector<std::string>& cells, const Shown& shown, const Style& style,
                        int columns) const {
  std::string text;
  for (std::size_t i = 0; i < shown.columns.size(); ++i) {
    const Column& column = columns_[shown.columns[i]];
    const std::string cell = clipped_inside(cells[shown.columns[i]], shown.widths[i], style.ellipsis());
    text += std::string(i == 0 ? 0 : gap, ' ');
    text +=
        column.align == Align::right ? right_aligned(cell, shown.widths[i]) : padded(cell, shown.widths[i]);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return columns > 0 ? clipped(text, columns, style.ellipsis()) : text;
}

std::string Table::rendered(const Style& style, int columns) const {
  const Shown shown = fitted(columns);
  std::vector<std::string> headings;
  headings.reserve(columns_.size());
  for (const Column& column : columns_) headings.push_back(column.heading);
  std::string text = style.bold(line(headings, shown, style, columns)) + "\n";
  for (const auto& row : rows_) text += line(row, shown, style, columns) + "\n";
  if (!shown.left_out.empty())
    text +=
        style.dim(fmt::format("A wider terminal, or --json, also has: {}", fmt::join(shown.left_out, ", "))) +
        "\n";
  return text;
}

std::string labelled(const std::vector<std::pair<std::string, std::string>>& lines, const Style& style,
                     int columns) {
  constexpr int indent = 2;
  int width = 0;
  for (const auto& [label, value] : lines)
    if (!value.empty()) width = std::max(width, display_width(label));
  const int before = indent + width + gap;
  std::string text;
  for (const auto& [label, value] : lines) {
    if (value.empty()) continue;
    const bool narrow = columns > 0 && display_width(value) > columns - before;
    const auto pieces =
        narrow ? wrapped(value, std::max(columns - before, least_value)) : std::vector<std::string>{value};
    text += std::string(indent, ' ') + style.dim(padded(label, width)) + std::string(gap, ' ') +
            fmt::format("{}\n", fmt::join(pieces, "\n" + std::string(static_cast<std::size_t>(before), ' ')));
  }
  return text;
}

}  // namespace belay::cli
