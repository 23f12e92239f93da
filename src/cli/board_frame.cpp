#include "cli/board_frame.hpp"

#include <algorithm>
#include <limits>

#include <fmt/core.h>

#include "base/human.hpp"
#include "cli/text_width.hpp"

namespace belay::cli {
namespace {

constexpr std::size_t output_lines = 6;
constexpr std::size_t failed_output_lines = 12;
constexpr int name_column = 10;
constexpr int time_column = 9;
constexpr int bar_columns = 24;

/// How much of everything a picture shows.
struct Room {
  std::size_t output = output_lines;
  std::size_t waiting = std::numeric_limits<std::size_t>::max();
  std::size_t done = std::numeric_limits<std::size_t>::max();
};

class Painter {
 public:
  Painter(const Board& board, Time now, int columns, const Style& style, std::size_t turn)
      : board_(board), now_(now), columns_(columns), style_(style), turn_(turn) {}

  std::vector<std::string> paint(const Room& room) {
    lines_.clear();
    heading();
    const auto count = [&](Mark mark) {
      return static_cast<std::size_t>(std::ranges::count(board_.rows(), mark, &Row::mark));
    };
    std::size_t done_to_hide = count(Mark::done) > room.done ? count(Mark::done) - room.done : 0;
    if (done_to_hide > 0)
      add("  " + style_.dim(fmt::format("{} {} done", style_.ellipsis(), counted(done_to_hide, "step"))));
    std::size_t waiting_left = room.waiting, waiting_hidden = 0;
    for (const Row& row : board_.rows()) {
      if (row.mark == Mark::done && done_to_hide > 0) {
        --done_to_hide;
      } else if (row.mark == Mark::waiting && waiting_left == 0) {
        ++waiting_hidden;
      } else {
        if (row.mark == Mark::waiting) --waiting_left;
        step(row, room);
      }
    }
    if (waiting_hidden > 0)
      add("  " +
          style_.dim(fmt::format("{} {} more to go", style_.ellipsis(), counted(waiting_hidden, "step"))));
    if (!board_.pause().empty()) remark("! ", board_.pause());
    return std::move(lines_);
  }

 private:
  void add(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    lines_.push_back(clipped(line, columns_, style_.ellipsis()));
  }

  void heading() {
    add(style_.bold(board_.title()) +
        (board_.subtitle().empty() ? "" : "  " + style_.dim(printable(board_.subtitle()))));
    for (const std::string& notice : board_.notices()) remark("! ", notice);
  }

  // What must be read whole: broken into lines, not cut.
  void remark(const std::string& mark, const std::string& text) {
    bool first = true;
    for (const std::string& line : wrapped(text, columns_ - 4)) {
      add("  " + (first ? style_.yellow(mark) : padded("", display_width(mark))) + line);
      first = false;
    }
  }

  std::string mark(Mark mark) const {
    switch (mark) {
      case Mark::waiting:
        return style_.dim(style_.waiting());
      case Mark::running:
        return style_.cyan(style_.spinner(turn_));
      case Mark::done:
        return style_.green(style_.tick());
      case Mark::failed:
        return style_.bold_red(style_.cross());
      case Mark::undoing:
        return style_.yellow(style_.spinner(turn_));
      case Mark::undone:
        return style_.yellow(style_.back());
      case Mark::undo_failed:
        return style_.bold_red(style_.cross());
    }
    return " ";
  }

  static bool moving(Mark mark) { return mark == Mark::running || mark == Mark::undoing; }

  std::string duration(Mark mark, Time began, std::chrono::milliseconds took) const {
    if (mark == Mark::waiting) return padded("", time_column);
    return right_aligned(
        human_duration(moving(mark) ? std::max(now_ - began, std::chrono::milliseconds(0)) : took),
        time_column);
  }

  void step(const Row& row, const Room& room) {
    const std::string name = padded(row.name, name_column);
    if (row.mark == Mark::waiting) return add(fmt::format("  {} {}", mark(row.mark), style_.dim(row.name)));
    const bool failed = row.mark == Mark::failed || row.mark == Mark::undo_failed;
    std::string words = moving(row.mark) && !row.doing.empty() ? row.doing : row.summary;
    if (row.mark == Mark::failed && !row.doing.empty()) words += "; " + row.doing;
    words = printable(words);
    if (row.mark == Mark::running && row.total > 0)
      words = style_.bar(static_cast<double>(row.amount) / static_cast<double>(row.total), bar_columns) +
              " " + words;
    else if (failed)
      words = style_.red(words);
    add(fmt::format("  {} {}{}  {}", mark(row.mark), moving(row.mark) || failed ? style_.bold(name) : name,
                    style_.dim(duration(row.mark, row.began, row.took)), words));
    if (row.name == "test" && row.mark != Mark::done) tests(room);
    if (row.mark == Mark::running) output(row.tail, room.output, "    ");
  }

  void tests(const Room& room) {
    for (const TestRow& test : board_.tests()) {
      add(fmt::format("    {} {}  {}", mark(test.mark),
                      style_.dim(duration(test.mark, test.began, test.took)), printable(test.command)));
      if (test.mark == Mark::running) output(test.tail, room.output / running_tests(), "        ");
      if (test.mark == Mark::failed) {
        output(test.tail, std::max(room.output, failed_output_lines), "        ");
        if (!test.log_file.empty()) add("        " + style_.dim("all of it: " + test.log_file));
      }
    }
  }

  std::size_t running_tests() const {
    return static_cast<std::size_t>(
        std::max<std::ptrdiff_t>(std::ranges::count(board_.tests(), Mark::running, &TestRow::mark), 1));
  }

  void output(const Tail& tail, std::size_t most, const std::string& margin) {
    const auto& all = tail.lines();
    for (std::size_t i = all.size() - std::min(most, all.size()); i < all.size(); ++i)
      add(style_.dim(fmt::format("{}{} {}", margin, style_.rule(), all[i])));
  }

  const Board& board_;
  Time now_;
  int columns_;
  const Style& style_;
  std::size_t turn_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> frame(const Board& board, Time now, Size size, const Style& style,
                               std::size_t turn) {
  Painter painter(board, now, size.columns, style, turn);
  const auto height = static_cast<std::size_t>(std::max(size.rows, 1));
  Room room;
  auto lines = painter.paint(room);
  const auto shrink = [&](std::size_t& what, std::size_t from, std::size_t least) {
    for (what = std::min(what, from); lines.size() > height && what > least;) {
      --what;
      lines = painter.paint(room);
    }
  };
  const std::size_t steps = board.rows().size();
  shrink(room.waiting, steps, 1);
  shrink(room.output, output_lines, 2);
  shrink(room.done, steps, 0);
  shrink(room.output, 2, 0);
  if (lines.size() > height) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(height));
  return lines;
}

std::vector<std::string> last_frame(const Board& board, Time now, int columns, const Style& style) {
  return Painter(board, now, columns, style, 0).paint({});
}

}  // namespace belay::cli
