#pragma once

#include <string>
#include <vector>

#include "cli/style.hpp"

namespace belay::cli {

/// Rows aligned in columns, as wide as they need to be, under a bold heading. On a terminal the last column
/// is clipped to what is left of `columns`; elsewhere (columns = 0) nothing is ever cut, so that scripts and
/// logs have all of it.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string heading;
    Align align = Align::left;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// As many cells as there are columns. Cells may be coloured.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  /// Ends with a newline.
  std::string rendered(const Style&, int columns = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// "label   value" lines with the values aligned; empty values are left out.
std::string labelled(const std::vector<std::pair<std::string, std::string>>& lines, const Style&,
                     int indent = 2);

}  // namespace belay::cli
