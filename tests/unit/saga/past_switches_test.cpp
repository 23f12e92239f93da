#include "saga/past_switches.hpp"

#include <doctest/doctest.h>

#include "runs.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

using Names = std::vector<std::string>;

const std::vector<Event> good = {event::StepBegan{StepName::switch_over},
                                 event::StepDone{StepName::switch_over, {}, ""},
                                 event::StepBegan{StepName::verify},
                                 event::StepDone{StepName::verify, {}, ""},
                                 event::Committed{"r"},
                                 event::Closed{.outcome = RunOutcome::deployed}};

Names runs_in(const std::vector<PastSwitch>& past) {
  Names names;
  for (const auto& one : past) names.push_back(one.run);
  return names;
}

/// A run of an environment that turns an edge.
void begin_with_edge(const Environment& environment, const std::string& run) {
  make_directories(environment.layout.run(run));
  auto journal = Journal::create(environment.layout.journal(run));
  auto beginning = opened(run);
  beginning.plan.environment.edge.emplace();
  beginning.plan.environment.strategy = Strategy::blue_green;
  journal.append(beginning);
  for (const auto& event : good) journal.append(event);
}

}  // namespace

TEST_CASE("only deployments that went the same way, and were kept, tell how long a switch takes") {
  const Environment environment;
  environment.begin("20260101-000000-one", good);
  environment.begin("20260102-000000-two",
                    {good[0], event::StepFailed{.step = StepName::switch_over, .message = "no"},
                     event::Closed{.outcome = RunOutcome::rolled_back}});
  environment.begin("20260103-000000-three", {good[0], good[1]});
  begin_with_edge(environment, "20260104-000000-four");
  environment.begin("20260105-000000-five", good);
  environment.damage("20260105-000000-five");
  environment.begin("20260106-000000-six", good);

  const auto plain = opened("r").plan.environment;
  CHECK(runs_in(past_switches(environment.layout, plain, 3)) ==
        Names{"20260106-000000-six", "20260101-000000-one"});
  CHECK(runs_in(past_switches(environment.layout, plain, 1)) == Names{"20260106-000000-six"});
  auto turned = plain;
  turned.edge.emplace();
  turned.strategy = Strategy::blue_green;
  CHECK(runs_in(past_switches(environment.layout, turned, 3)) == Names{"20260104-000000-four"});
  turned.strategy = Strategy::recreate;
  CHECK(past_switches(environment.layout, turned, 3).empty());
}

TEST_CASE("the times are those of the journal's records") {
  const Environment environment;
  environment.begin("r1", good);
  const auto records = Journal::read(environment.layout.journal("r1"));
  const auto past = past_switches(environment.layout, opened("r").plan.environment, 3);
  REQUIRE(past.size() == 1);
  using std::chrono::duration_cast, std::chrono::milliseconds;
  CHECK(past[0].took == duration_cast<milliseconds>(records[2].at - records[1].at));
  CHECK(past[0].proven == duration_cast<milliseconds>(records[4].at - records[2].at));
}

TEST_CASE("before the first deployment nothing tells") {
  const Environment environment;
  CHECK(past_switches(environment.layout, opened("r").plan.environment, 3).empty());
  CHECK(past_switches(Layout{environment.live / "nowhere"}, opened("r").plan.environment, 3).empty());
}
