#include "model/last_lines.hpp"

#include <doctest/doctest.h>

using namespace belay;

TEST_CASE("the last lines stand behind the finding; without lines it stands alone") {
  LastLines last(2);
  CHECK(last.behind("exit code 1") == "exit code 1");
  for (const auto* line : {"first", "second", "third"}) last.add(line);
  CHECK(last.text() == "second\nthird");
  CHECK(last.behind("exit code 1") == "exit code 1\nsecond\nthird");
}

TEST_CASE("of an endless line the beginning is kept") {
  LastLines last(3);
  for (int i = 0; i < 5; ++i) last.add("begins " + std::string(1u << 20, 'x'));
  CHECK(last.text().size() <= 3 * (LastLines::longest + 1));
  CHECK(last.text().starts_with("begins xxx"));
  last.add(std::string(LastLines::longest, 'y'));
  CHECK(last.text().ends_with("\n" + std::string(LastLines::longest, 'y')));
}
