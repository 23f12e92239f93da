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

TEST_CASE("each step that run_step runs has an apply of its own and an undo; only hooks share an undo") {
  std::set<Step::Act> applies, undos;
  std::size_t steps = 0, hooks = 0;
  for (const auto& [name, text] : enum_names(StepName{})) {
    CAPTURE(text);
    const Step step = step_of(name);
    // The commit is a record; the hooks after the outcome are told of it (saga/late_hooks).
    const bool is_run = name != StepName::commit && !is_after_outcome(name);
    CHECK((step.apply != nullptr) == is_run);
    CHECK((step.undo != nullptr) == is_run);
    if (!is_run) continue;
    ++steps;
    if (hooks_of_step(name)) ++hooks;
    applies.insert(step.apply);
    undos.insert(step.undo);
  }
  CHECK(hooks == 3);
  CHECK(applies.size() == steps);
  CHECK(undos.size() == steps - hooks + 1);
  applies.merge(undos);
  CHECK(undos.empty());  // no act is both
}
