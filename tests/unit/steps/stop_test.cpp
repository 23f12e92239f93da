#include <doctest/doctest.h>

#include "drivers/container_watch.hpp"
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
  for (const auto name :
       {StepName::preflight, StepName::backup, StepName::sync, StepName::build, StepName::create,
        StepName::migrate, StepName::switch_over, StepName::verify, StepName::settle}) {
    CAPTURE(to_string(name));
    CHECK((step_of(name).apply != nullptr));
    CHECK((step_of(name).undo != nullptr));
  }
  CHECK((step_of(StepName::sync).undo == sync::undo));
  CHECK((step_of(StepName::switch_over).apply == switch_over::apply));
  CHECK((step_of(StepName::commit).apply == nullptr));
}
