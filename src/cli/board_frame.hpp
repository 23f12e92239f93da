#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "cli/board.hpp"
#include "cli/style.hpp"
#include "cli/terminal.hpp"

namespace belay::cli {

/// The board as lines of a terminal, none wider than `size.columns` and no more of them than `size.rows`:
/// what does not fit gives way in this order: steps that wait, older output, steps that are done, all output.
/// `turn` counts pictures, for the spinner.
std::vector<std::string> frame(const Board&, Time now, Size size, const Style&, std::size_t turn);

/// The last picture, which stays in the scrollback: everything, however long.
std::vector<std::string> last_frame(const Board&, Time now, int columns, const Style&);

}  // namespace belay::cli
