#pragma once

#include <string>
#include <vector>

#include "cli/style.hpp"

namespace belay::cli {

/// Rows aligned in columns, as wide as they need to be, under a bold heading. On a terminal that is too
/// narrow, names become shorter first, then columns are left out, and at last the row is clipped to
/// `columns`. Elsewhere (columns = 0) nothing is ever cut, so that scripts and logs have all of it.
class Table {
 public:
  enum class Align { left, right };
  /// What a narrow terminal costs the column. whole: nothing; shorter: its cells lose their middle;
  /// spare: shorter, and left out if even that is not enough.
  enum class Narrow { whole, shorter, spare };
  struct Column {
    std::string heading;
    Align align = Align::left;
    Narrow narrow = Narrow::whole;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// As many cells as there are columns. Cells may be coloured.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  /// Ends with a newline. A last line names the columns that are left out.
  std::string rendered(const Style&, int columns = 0) const;

 private:
  struct Shown;
  Shown fitted(int columns) const;
  std::string line(const std::vector<std::string>& cells, const Shown&, const Style&, int columns) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// "label   value" lines with the values aligned; empty values are left out. On a terminal (columns > 0) a
/// long value goes on in the next line, under its beginning.
std::string labelled(const std::vector<std::pair<std::string, std::string>>& lines, const Style&,
                     int columns = 0);

}  // namespace belay::cli
