#include <set>

#include <doctest/doctest.h>

#include "base/either_stop.hpp"
#include "model/plan_json.hpp"
#include "steps/step.hpp"

using namespace belay;

TEST_CASE("either of two stops, before or after it was asked for") {
  std::stop_source one, other;
  {
    const EitherStop either(one.get_token(), other.get_token());
    CHECK_FALSE(either.token().stop_requested());
    other.request_stop();
    CHECK(either.token().stop_requested());
    CHECK_FALSE(one.stop_requested());
  }
  const EitherStop late(one.get_token(), other.get_token());
  CHECK(late.token().stop_requested());
}

TEST_CASE("every step but the commit has an apply and an undo of its own") {
  std::set<Step::Act> acts;
  std::size_t steps = 0;
  for (const auto& [name, text] : enum_names(StepName{})) {
    CAPTURE(text);
    const Step step = step_of(name);
    CHECK((step.apply == nullptr) == (name == StepName::commit));
    CHECK((step.undo == nullptr) == (name == StepName::commit));
    if (name == StepName::commit) continue;
    ++steps;
    acts.insert({step.apply, step.undo});
  }
  CHECK(acts.size() == 2 * steps);
}
