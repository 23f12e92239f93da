#include "cli/error_text.hpp"

#include <boost/json/array.hpp>
#include <fmt/core.h>

#include "base/time.hpp"
#include "cli/text_width.hpp"

namespace belay::cli {
namespace {

template <class Use>
void each_line(const std::string& text, Use&& use) {
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    use(std::string_view(text).substr(start, end - start));
    start = end + 1;
  }
}

}  // namespace

std::string quoted_block(const std::string& text, const Style& style, int indent) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string block;
  each_line(text, [&](std::string_view line) {
    const std::string shown = printable(line);
    block += fmt::format("{}{}{}\n", margin, style.dim(style.rule()), shown.empty() ? "" : " " + shown);
  });
  return block;
}

std::string next_line(const std::string& next, const Style& style, int indent) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string block;
  each_line(next, [&](std::string_view line) {
    const std::string lead =
        block.empty() ? style.cyan(style.arrow()) : padded("", display_width(style.arrow()));
    block += fmt::format("{}{} {}\n", margin, lead, line);
  });
  return block;
}

std::string error_text(const Error& error, const Style& style) {
  std::string text = fmt::format("{} {}\n", style.bold_red("error:"), style.bold(error.message()));
  for (const std::string& frame : error.frames()) text += fmt::format("  {}\n", style.dim("while " + frame));
  text += quoted_block(error.why(), style);
  text += next_line(error.next(), style);
  return text;
}

boost::json::object error_json(const Error& error) {
  return {{"type", "error"},
          {"at", iso8601(now())},
          {"message", error.message()},
          {"why", error.why()},
          {"next", error.next()},
          {"while", boost::json::array(error.frames().begin(), error.frames().end())},
          {"exit_code", static_cast<int>(error.exit_code())}};
}

}  // namespace belay::cli
