#include "saga/bounded_output.hpp"

#include <doctest/doctest.h>

using namespace belay;

namespace {

std::vector<std::string> texts(const std::vector<event::Output>& lines) {
  std::vector<std::string> found;
  for (const auto& line : lines) found.push_back(line.line);
  return found;
}

}  // namespace

TEST_CASE("the first lines go through, the last are kept, and what is left out between is counted") {
  BoundedOutput output(20);  // each line below counts 5
  std::vector<std::string> at_once;
  for (int i = 10; i < 30; ++i) {
    const auto line = "no" + std::to_string(i);
    if (output.takes(StepName::migrate, line)) at_once.push_back(line);
  }
  CHECK(at_once == std::vector<std::string>{"no10", "no11", "no12", "no13"});
  CHECK(texts(output.rest(StepName::migrate)) ==
        std::vector<std::string>{"(12 lines of output are left out here)", "no26", "no27", "no28", "no29"});
}

TEST_CASE("little output is not touched, each step has its own bound, and a step's undo begins anew") {
  BoundedOutput output(10);
  CHECK(output.takes(StepName::build, "12345678"));
  CHECK(output.takes(StepName::migrate, "12345678"));
  CHECK_FALSE(output.takes(StepName::build, "more"));
  CHECK(texts(output.rest(StepName::build)) == std::vector<std::string>{"more"});
  CHECK(output.takes(StepName::build, "undoing"));
  CHECK(output.rest(StepName::migrate).empty());
  CHECK(output.rest(StepName::verify).empty());
}

TEST_CASE("one line longer than all that is kept is left out, and a line after it does not overtake it") {
  BoundedOutput output(10);
  CHECK_FALSE(output.takes(StepName::build, std::string(50, 'x')));
  CHECK_FALSE(output.takes(StepName::build, "end"));
  CHECK(texts(output.rest(StepName::build)) ==
        std::vector<std::string>{"(1 lines of output are left out here)", "end"});
}

TEST_CASE("a line for which there was no room is counted") {
  BoundedOutput output(100);
  CHECK(output.takes(StepName::build, "a line"));
  output.lost(StepName::build);
  CHECK(texts(output.rest(StepName::build)) ==
        std::vector<std::string>{"(1 lines of output are left out here)"});
}
