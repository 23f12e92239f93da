#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/style.hpp"

namespace belay::cli {

/// docs/commands/NAME.md, built into the program: one text is the page of the documentation and the --help.
std::optional<std::string_view> page(std::string_view name);

/// Markdown as a terminal shows it: headings bold, code dim, the marks gone. The pages are wrapped by their
/// authors and use headings, paragraphs, lists, fenced code and `code`; that is all this knows.
std::string rendered_page(std::string_view markdown, const Style&);

}  // namespace belay::cli
