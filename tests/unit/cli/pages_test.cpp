#include "cli/pages.hpp"

#include <doctest/doctest.h>

#include "cli/command_line.hpp"

using namespace belay::cli;

TEST_CASE("every command has a page, and every option of it is explained there") {
  for (const CommandShape& command : command_shapes()) {
    const auto text = page(command.name);
    REQUIRE_MESSAGE(text, "no page for " << command.name);
    CHECK_MESSAGE(text->starts_with("# belay " + command.name), command.name);
    if (command.name == "host") continue;  // its options are its own, not the parser's
    for (const OptionShape& option : command.options)
      for (const std::string& name : option.names)
        CHECK_MESSAGE(text->find("`" + name) != std::string_view::npos,
                      command.name << " does not explain " << name);
  }
}

TEST_CASE("the overview names every command") {
  const auto text = page("belay");
  REQUIRE(text);
  for (const CommandShape& command : command_shapes())
    CHECK_MESSAGE(text->find("`" + command.name + "`") != std::string_view::npos, command.name);
}

TEST_CASE("no page is wider than a terminal") {
  for (const CommandShape& command : command_shapes()) {
    const std::string text = rendered_page(*page(command.name), {false, true});
    for (std::size_t start = 0; start < text.size();) {
      const std::size_t end = text.find('\n', start);
      CHECK_MESSAGE(end - start <= 96, command.name << ": " << text.substr(start, end - start));
      start = end + 1;
    }
  }
}

TEST_CASE("a page loses its marks, and gains colours only where there are any") {
  const char* markdown =
      "# Title `x`\n\nUse `--ref` or **not**, see [the guide](guide.md).\n\n```\nbelay deploy\n\nx "
      "`y`\n```\nend";
  CHECK(rendered_page(markdown, {false, true}) ==
        "Title x\n\nUse --ref or not, see the guide.\n\n    belay deploy\n\n    x `y`\nend\n");
  CHECK(rendered_page("# T\n`c`\n", {true, true}) == "\x1b[1mT\x1b[0m\n\x1b[36mc\x1b[0m\n");
}

TEST_CASE("an unfinished mark is text") {
  CHECK(rendered_page("a ` b ** c [d\n", {false, true}) == "a ` b ** c [d\n");
}
