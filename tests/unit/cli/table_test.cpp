#include "cli/table.hpp"

#include <sstream>

#include <doctest/doctest.h>

#include "cli/text_width.hpp"

using namespace belay::cli;

namespace {
const Style plain{false, true}, coloured{true, true};
}

TEST_CASE("columns are as wide as their widest cell, numbers to the right, no spaces at the end") {
  Table table({{"NAME"}, {"SIZE", Table::Align::right}, {"NOTE"}});
  table.add({"a", "9 B", ""});
  table.add({"größer", "12.3 MB", "second"});
  CHECK(table.rendered(plain) ==
        "NAME       SIZE  NOTE\n"
        "a           9 B\n"
        "größer  12.3 MB  second\n");
}

TEST_CASE("colours do not disturb the columns") {
  Table table({{"STATE"}, {"NEXT"}});
  table.add({coloured.green("good"), "x"});
  table.add({"candidate", "y"});
  CHECK(printable(table.rendered(coloured)).find('x') == printable(table.rendered(plain)).find('x'));
  const std::string text = table.rendered(coloured);
  CHECK(text.find("\x1b[32mgood\x1b[0m       x") != std::string::npos);
}

TEST_CASE("on a terminal a row is clipped; elsewhere never") {
  Table table({{"A"}, {"B"}});
  table.add({"one", "a long subject line of a commit"});
  CHECK(table.rendered(plain, 14) == "A    B\none  a long s…\n");
  CHECK(table.rendered(plain).find("of a commit") != std::string::npos);
}

TEST_CASE("labelled lines align their values and leave out what is empty") {
  CHECK(labelled({{"by", "ana"}, {"backup", ""}, {"commit", "4f2a9c1"}}, plain) ==
        "  by      ana\n  commit  4f2a9c1\n");
}

TEST_CASE("on a narrow terminal names lose their middle, and numbers stay") {
  Table table({{"CONTAINER", Table::Align::left, Table::Narrow::shorter}, {"5XX", Table::Align::right}});
  table.add({"crm-backend-web-1-20260112-103300", "12"});
  table.add({coloured.green("crm-backend-web-2-20260112-103300"), "0"});
  CHECK(table.rendered(plain, 27) ==
        "CONTAINER               5XX\n"
        "crm-backend…112-103300   12\n"
        "\x1b[32mcrm-backend…112-103300\x1b[0m    0\n");
}

TEST_CASE("what a narrow terminal has no room for is left out, and named") {
  Table table({{"SERVICE"},
               {"CONTAINER", Table::Align::left, Table::Narrow::spare},
               {"STATE"},
               {"IMAGE", Table::Align::left, Table::Narrow::spare}});
  table.add(
      {"backend", "crm-backend-backend-1", "running (healthy)", "registry.example.net/crm/backend:4f2a9c1"});
  CHECK(table.rendered(plain, 50) ==
        "SERVICE  CONTAINER              STATE\n"
        "backend  crm-backend-backend-1  running (healthy)\n"
        "A wider terminal, or --json, also has: IMAGE\n");
  CHECK(table.rendered(plain, 30) ==
        "SERVICE  STATE\n"
        "backend  running (healthy)\n"
        "A wider terminal, or --json, also has: CONTAINER, IMAGE\n");
  for (int columns = 1; columns < 120; ++columns) {
    CAPTURE(columns);
    std::istringstream lines(table.rendered(plain, columns));
    for (std::string line; std::getline(lines, line);)
      if (!line.starts_with("A wider terminal")) CHECK(display_width(line) <= columns);
  }
}

TEST_CASE("on a terminal a long value goes on under its beginning") {
  CHECK(labelled({{"preflight", "lock, docker, compose, disk, ports"}, {"settle", "publish"}}, plain, 34) ==
        "  preflight  lock, docker,\n"
        "             compose, disk, ports\n"
        "  settle     publish\n");
}
