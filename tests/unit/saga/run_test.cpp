#include "saga/run.hpp"

#include <doctest/doctest.h>

#include "runs.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

RunState state_after(const std::vector<Event>& events) {
  std::vector<Record> records{{1, {}, opened("r1")}};
  for (const auto& event : events) records.push_back({records.size() + 1, {}, event});
  return run_state(records).value();
}

}  // namespace

TEST_CASE("a journal without its opening is of no run") {
  CHECK_FALSE(run_state({}).has_value());
  CHECK_FALSE(run_state({{1, {}, event::StepBegan{StepName::sync}}}).has_value());
}

TEST_CASE(
    "steps are undone in the order in which they began, each once, however often a recovery began them") {
  const auto state = state_after(
      {event::StepBegan{StepName::preflight}, event::StepDone{StepName::preflight, {}, {}},
       event::StepBegan{StepName::sync}, event::Recovering{"guard"}, event::StepBegan{StepName::sync}});
  CHECK(state.begun == std::vector<StepName>{StepName::preflight, StepName::sync});
  CHECK(state.is_done(StepName::preflight));
  CHECK_FALSE(state.is_done(StepName::sync));
}

TEST_CASE("what was undone is known, and what only began to be is not") {
  const auto state = state_after({event::StepBegan{StepName::sync}, event::StepBegan{StepName::build},
                                  event::UndoBegan{StepName::build}, event::UndoDone{StepName::build, {}},
                                  event::UndoBegan{StepName::sync}});
  CHECK(state.was_undone(StepName::build));
  CHECK_FALSE(state.was_undone(StepName::sync));
}

TEST_CASE("the commit record alone decides that it goes forward") {
  CHECK_FALSE(state_after({event::StepBegan{StepName::commit}}).committed);
  CHECK(state_after({event::StepBegan{StepName::commit}, event::Committed{"r1"}}).committed);
  CHECK_FALSE(state_after({event::Committed{"r1"}}).closed.has_value());
}

TEST_CASE("an adopted release is the one to go back to") {
  CHECK(state_after({}).previous == "r0");
  CHECK(state_after({event::Noted{StepName::create, "previous", "r1-adopted"}}).previous == "r1-adopted");
}

TEST_CASE("a failed release that is to stay is known to stay") {
  CHECK_FALSE(state_after({event::StepFailed{.step = StepName::verify}}).left_in_place);
  CHECK(state_after({event::Noted{StepName::settle, "left_in_place", true}}).left_in_place);
}

TEST_CASE("only the newest run can be open, and a directory without a journal is none") {
  const Environment environment;
  CHECK_FALSE(open_run(environment.layout).has_value());
  environment.begin("20260101-000000-a", {event::Closed{.outcome = RunOutcome::deployed}});
  environment.begin("20260102-000000-b", {event::StepBegan{StepName::sync}});
  make_directories(environment.layout.run("20260104-000000-d"));
  CHECK(open_run(environment.layout) == "20260102-000000-b");
  // Once a newer one is closed, the older one is not: to undo it would undo what came after it.
  environment.begin("20260103-000000-c", {event::Closed{}});
  CHECK(runs_of(environment.layout) ==
        std::vector<std::string>{"20260103-000000-c", "20260102-000000-b", "20260101-000000-a"});
  CHECK_FALSE(open_run(environment.layout).has_value());
}

TEST_CASE(
    "a finished run is finished, with a flipped bit, a newer version's records, or a bad file beside it") {
  const Environment environment;
  environment.begin("20260101-000000-a", {event::StepBegan{StepName::sync}});
  environment.begin("20260102-000000-b",
                    {event::StepBegan{StepName::sync}, event::Committed{"r"}, event::Closed{}});
  const auto content = environment.damage("20260102-000000-b");
  CHECK_FALSE(open_run(environment.layout).has_value());
  CHECK(read_file(environment.layout.journal("20260102-000000-b")) == content);
}
