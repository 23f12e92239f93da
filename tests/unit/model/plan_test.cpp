#include "model/plan.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "samples.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

std::string steps(const Plan& plan) {
  std::string names;
  for (const StepName step : plan.steps) names += (names.empty() ? "" : " ") + to_string(step);
  return names;
}

std::string deployment_steps(const EnvironmentConfig& environment) {
  return steps(plan_deployment("app", environment, {}, {}, {}));
}

}  // namespace

TEST_CASE("the least deployment has neither backup nor migration") {
  CHECK(deployment_steps({}) == "preflight sync build create switch verify commit settle");
}

TEST_CASE("a backup comes before anything is sent, a migration before the switch") {
  EnvironmentConfig environment;
  environment.backup.emplace();
  environment.migrate.emplace();
  CHECK(deployment_steps(environment) ==
        "preflight backup sync build create migrate switch verify commit settle");
}

TEST_CASE("a migration after the start stands between switch and verify") {
  EnvironmentConfig environment;
  environment.migrate.emplace().when = MigrationRule::When::after_start;
  CHECK(deployment_steps(environment) == "preflight sync build create switch migrate verify commit settle");
}

TEST_CASE("a rollback neither backs up, sends, builds nor migrates") {
  EnvironmentConfig environment;
  environment.backup.emplace();
  environment.migrate.emplace();
  const Plan plan =
      plan_rollback("app", environment, "20260112-103300-4f2a9c1", {.user = "ana", .machine = "laptop"});
  CHECK(steps(plan) == "preflight create switch verify commit settle");
  CHECK(plan.kind == Plan::Kind::rollback);
  CHECK(plan.release == "20260112-103300-4f2a9c1");
  CHECK(plan.by.shown() == "ana@laptop");
}

TEST_CASE("every step is known by its name") {
  for (int number = 0; number <= static_cast<int>(StepName::settle); ++number) {
    const auto step = static_cast<StepName>(number);
    CHECK(step_name(to_string(step)) == step);
  }
  CHECK(to_string(StepName::switch_over) == "switch");
  CHECK(step_name("switch_over") == std::nullopt);
}

TEST_CASE("a plan reads back as it was written, with nothing lost") {
  const Plan plan = sample_plan();
  const auto written = plan_to_json(plan);
  const Plan back = plan_from_json(written);
  CHECK(boost::json::serialize(plan_to_json(back)) == boost::json::serialize(written));
  CHECK(back.environment.host.port == 2222);
  CHECK(back.environment.migrate->when == MigrationRule::When::after_start);
  CHECK(back.environment.health.interval == std::chrono::milliseconds(1500));
  CHECK(back.commit.subject == "Prüfe \"alles\"");
  CHECK(steps(back) == steps(plan));
}

TEST_CASE("no key of a plan is left at its default by the sample, so the round trip covers them all") {
  const auto with_defaults = plan_to_json(plan_deployment("", {}, {}, {}, {})).at("environment").as_object();
  const auto sample = plan_to_json(sample_plan()).at("environment").as_object();
  for (const auto& [key, value] : with_defaults) {
    CAPTURE(std::string(key));
    if (key != "strategy") CHECK(sample.at(key) != value);  // the sample is of the first format's days
  }
}

TEST_CASE("a plan of a newer format is refused by name") {
  auto written = plan_to_json(sample_plan());
  written["format"] = 2;
  CHECK_THROWS_WITH_AS(plan_from_json(written), "cannot read this plan", Error);
}

TEST_CASE("a wrong value in a plan is refused with the path to it") {
  auto written = plan_to_json(sample_plan());
  written["environment"].as_object()["health"].as_object()["attempts"] = "many";
  CHECK_THROWS_WITH_AS(plan_from_json(written), "cannot read plan.environment.health.attempts", Error);
}

TEST_CASE("with an edge the candidate is started beside, and the edge prepared before") {
  EnvironmentConfig environment = sample_plan().environment;
  environment.migrate->when = MigrationRule::When::before_switch;
  environment.edge = EdgeConfig{.image = "haproxy:2.8", .drain_timeout = std::chrono::seconds(14)};
  environment.strategy = Strategy::blue_green;
  const auto plan = plan_deployment("shop", environment, {}, {}, {});
  CHECK(steps(plan) == "preflight backup sync build create edge migrate start switch verify commit settle");
  CHECK(steps(plan_rollback("shop", environment, "r1", {})) ==
        "preflight create edge start switch verify commit settle");
  CHECK(plan_to_json(plan_from_json(plan_to_json(plan))) == plan_to_json(plan));
  environment.strategy = Strategy::recreate;
  CHECK(steps(plan_deployment("shop", environment, {}, {}, {})) ==
        "preflight backup sync build create edge migrate switch verify commit settle");
}
