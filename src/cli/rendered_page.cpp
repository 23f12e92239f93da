#include "cli/pages.hpp"

namespace belay::cli {
namespace {

// `code`, **strong** and [text](target) within one line.
std::string rendered_line(std::string_view line, const Style& style) {
  std::string text;
  for (std::size_t i = 0; i < line.size();) {
    const auto up_to = [&](std::string_view mark, std::size_t from) { return line.find(mark, from); };
    if (line[i] == '`') {
      if (const auto end = up_to("`", i + 1); end != std::string_view::npos) {
        text += style.cyan(line.substr(i + 1, end - i - 1));
        i = end + 1;
        continue;
      }
    } else if (line.substr(i).starts_with("**")) {
      if (const auto end = up_to("**", i + 2); end != std::string_view::npos) {
        text += style.bold(line.substr(i + 2, end - i - 2));
        i = end + 2;
        continue;
      }
    } else if (line[i] == '[') {
      const auto middle = up_to("](", i),
                 end = middle == std::string_view::npos ? middle : up_to(")", middle);
      if (end != std::string_view::npos) {
        text += rendered_line(line.substr(i + 1, middle - i - 1), style);
        i = end + 1;
        continue;
      }
    }
    text += line[i++];
  }
  return text;
}

}  // namespace

std::string rendered_page(std::string_view markdown, const Style& style) {
  std::string text;
  bool code = false;
  while (!markdown.empty()) {
    const std::size_t end = std::min(markdown.find('\n'), markdown.size());
    const std::string_view line = markdown.substr(0, end);
    markdown.remove_prefix(std::min(end + 1, markdown.size()));
    if (line.starts_with("```")) {
      code = !code;
      continue;
    }
    if (code)
      text += line.empty() ? "" : "    " + style.dim(line);
    else if (line.starts_with("#"))
      text +=
          style.bold(rendered_line(line.substr(line.find_first_not_of("# ")), Style{false, style.unicode}));
    else
      text += rendered_line(line, style);
    text += '\n';
  }
  return text;
}

}  // namespace belay::cli
