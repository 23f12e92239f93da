#include "cli/table.hpp"

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
