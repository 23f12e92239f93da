#include "cli/text_width.hpp"

#include <doctest/doctest.h>

using namespace belay::cli;

TEST_CASE("what a tool prints cannot move the cursor or change colours") {
  CHECK(printable("\x1b[32mgreen\x1b[0m") == "green");
  CHECK(printable("\x1b[2J\x1b[Hcleared") == "cleared");
  CHECK(printable("title\x1b]0;evil\a!") == "title!");
  CHECK(printable("title\x1b]0;evil\x1b\\!") == "title!");
  CHECK(printable("a\rb\bc\x07") == "abc");
  CHECK(printable("a\tb") == "a  b");
  CHECK(printable("torn \x1b") == "torn ");
  CHECK(printable("torn \x1b[3") == "torn ");
}

TEST_CASE("broken UTF-8 becomes question marks, and C1 controls go") {
  CHECK(printable("a\xffz") == "a?z");
  CHECK(printable("cut \xe2\x9c") == "cut ??");
  CHECK(printable("\xc0\xaf") == "??");       // overlong
  CHECK(printable("\xed\xa0\x80") == "???");  // a surrogate
  CHECK(printable("x\xc2\x9by") == "xy");     // CSI as one character
  CHECK(printable("grüße ✓ 日本") == "grüße ✓ 日本");
}

TEST_CASE("width counts columns, not bytes") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("grüße") == 5);
  CHECK(display_width("日本") == 4);
  CHECK(display_width("🚀") == 2);
  CHECK(display_width("e\xcc\x81") == 1);  // e and a combining accent
  CHECK(display_width("\x1b[1;31mred\x1b[0m") == 3);
  CHECK(display_width("✓ ━ │ … ⠹") == 9);
}

TEST_CASE("clipping keeps to the columns and never splits a letter") {
  CHECK(clipped("short", 10, "…") == "short");
  CHECK(clipped("exact", 5, "…") == "exact");
  CHECK(clipped("too long", 5, "…") == "too …");
  CHECK(clipped("日本語", 4, "…") == "日…");
  CHECK(clipped("too long", 5, "...") == "to...");
  CHECK(clipped("x", 0, "…").empty());
  for (int columns = 0; columns < 12; ++columns)
    CHECK(display_width(clipped("a日b本c語 und mehr", columns, "…")) <= columns);
}

TEST_CASE("clipping coloured text closes the colour") {
  CHECK(clipped("\x1b[31mall of it red\x1b[0m", 4, "…") == "\x1b[31mall…\x1b[0m");
}

TEST_CASE("wrapping breaks between words, and nowhere else") {
  using Lines = std::vector<std::string>;
  CHECK(wrapped("one two three", 7) == Lines{"one two", "three"});
  CHECK(wrapped("one two three", 80) == Lines{"one two three"});
  CHECK(wrapped("an unbreakable word", 5) == Lines{"an", "unbreakable", "word"});
  CHECK(wrapped("日本 語", 4) == Lines{"日本", "語"});
  CHECK(wrapped("", 5) == Lines{""});
}

TEST_CASE("padding counts columns") {
  CHECK(padded("ü", 3) == "ü  ");
  CHECK(padded("long", 2) == "long");
  CHECK(right_aligned("日", 4) == "  日");
}
