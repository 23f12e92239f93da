#include "model/plan.hpp"

#include <set>
#include <string_view>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "model/wire.hpp"
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
  environment.migrate.emplace_back();
  CHECK(deployment_steps(environment) ==
        "preflight backup sync build create migrate switch verify commit settle");
}

TEST_CASE("a migration after the start stands between switch and verify") {
  EnvironmentConfig environment;
  environment.migrate.emplace_back().when = MigrationRule::When::after_start;
  CHECK(deployment_steps(environment) == "preflight sync build create switch migrate verify commit settle");
}

TEST_CASE("a rollback neither backs up, sends, builds nor migrates") {
  EnvironmentConfig environment;
  environment.backup.emplace();
  environment.migrate.emplace_back();
  const Plan plan =
      plan_rollback("app", environment, "20260112-103300-4f2a9c1", {.user = "ana", .machine = "laptop"});
  CHECK(steps(plan) == "preflight create switch verify commit settle");
  CHECK(plan.kind == Plan::Kind::rollback);
  CHECK(plan.release == "20260112-103300-4f2a9c1");
  CHECK(plan.by.shown() == "ana@laptop");
}

TEST_CASE(
    "the code of a kept release with today's environment: a new release, with nothing built and nothing "
    "migrated") {
  EnvironmentConfig environment;
  environment.backup.emplace();
  environment.migrate.emplace_back();
  const Plan plan = plan_redeployment("app", environment, "20260112-103300-4f2a9c1", {});
  CHECK(steps(plan) == "preflight sync build create switch verify commit settle");
  CHECK(plan.code_of == "20260112-103300-4f2a9c1");
  CHECK(plan.release.empty());
  CHECK(plan_from_json(plan_to_json(plan)).kind == Plan::Kind::redeploy);
  CHECK(plan_from_json(plan_to_json(plan)).code_of == plan.code_of);
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
  CHECK(back.environment.migrate.at(0).when == MigrationRule::When::after_start);
  CHECK(back.environment.health.interval == std::chrono::milliseconds(1500));
  CHECK(back.commit.subject == "Prüfe \"alles\"");
  CHECK(steps(back) == steps(plan));
}

TEST_CASE("no key of a plan is left at its default by the sample, so the round trip covers them all") {
  const auto with_defaults = plan_to_json(plan_deployment("", {}, {}, {}, {})).at("environment").as_object();
  const auto sample = plan_to_json(sample_plan()).at("environment").as_object();
  for (const auto& [key, value] : with_defaults) {
    CAPTURE(std::string(key));
    // The sample is of the first format's days.
    static const std::set<std::string, std::less<>> later{
        "strategy",       "project",  "env_files", "values", "accessories",
        "service_health", "replaced", "test_git",  "hooks",  "env_file"};
    if (!later.contains(std::string_view(key))) CHECK(sample.at(key) != value);
  }
}

TEST_CASE("the keys of a project are in the round trip, too") {
  EnvironmentConfig environment;
  environment.test_git = true;
  environment.name = "production";
  environment.project = "shop";
  environment.env_files = {".env", "prod.env"};
  environment.env_file = {{.path = ".env", .lines = {"A=${A}"}},
                          {.path = "b", .whole = "${B}", .owned = true}};
  environment.values = {{"TAG", "v1"}};
  environment.accessories = Accessories::as_compose;
  environment.service_health = {{.service = "api", .check = {.url = "http://localhost:1/"}}};
  const auto written = plan_to_json(plan_deployment("shop", environment, {}, {}, {}));
  const auto read = plan_from_json(written).environment;
  CHECK(read.project == "shop");
  CHECK(read.test_git);
  CHECK(read.env_files == environment.env_files);
  REQUIRE(read.env_file.size() == 2);
  CHECK(read.env_file[0].lines == std::vector<std::string>{"A=${A}"});
  CHECK(read.env_file[1].whole == "${B}");
  CHECK(read.env_file[1].owned);
  CHECK(read.values == environment.values);
  CHECK(read.accessories == Accessories::as_compose);
  REQUIRE(read.service_health.size() == 1);
  CHECK(read.service_health[0].check.url == "http://localhost:1/");
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
  environment.migrate.at(0).when = MigrationRule::When::before_switch;
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

TEST_CASE("a registry's password is in the message that starts a run, and in nothing that is kept") {
  const auto config = parsed(minimal("registries: { ghcr.io: { user: ci, password: \"${TOKEN}\" } }"),
                             variables({{"TOKEN", "s3cret-t0ken"}}));
  const auto& environment = config.environments.at(0);
  REQUIRE(environment.registries.size() == 1);
  CHECK(environment.registries[0].registry == "ghcr.io");
  CHECK(environment.registries[0].user == "ci");
  const Plan plan = plan_deployment("shop", environment, {}, {}, {});
  const event::Opened opened{.plan = plan, .run = "r", .nonce = "n", .previous = {}, .belay_version = "1"};
  const auto start = wire::encode(wire::Start{.plan = plan, .wait = false, .logins = environment.registries});
  CHECK(start.contains("s3cret-t0ken"));
  const auto arrived = std::get<wire::Start>(wire::decode_to_host(start));
  CHECK(arrived.logins.at(0).password == "s3cret-t0ken");
  for (const auto& kept :
       {boost::json::serialize(plan_to_json(plan)), boost::json::serialize(plan_to_json(arrived.plan)),
        encode_line({1, Time{}, opened})}) {
    CHECK_FALSE(kept.contains("s3cret"));
    CHECK_FALSE(kept.contains("ghcr.io"));
  }
}

TEST_CASE("what compose is given travels in the plan") {
  const auto text =
      "compose: [a.yml, b.yml]\nproject: crm\nenv_files: [.env, more.env]\nvalues: [TAG]\n"
      "accessories: as-compose\nbuild: { at: image, with: [.env], timeout: 1m }";
  const auto config = parsed(minimal(text), variables({{"TAG", "1.2"}}));
  const Plan plan = plan_deployment("shop", config.environments.at(0), {}, {}, {});
  const auto back = plan_from_json(plan_to_json(plan)).environment;
  CHECK(back.compose == std::vector<std::string>{"a.yml", "b.yml"});
  CHECK(back.project == "crm");
  CHECK(back.env_files == std::vector<std::string>{".env", "more.env"});
  CHECK(back.values == std::map<std::string, std::string>{{"TAG", "1.2"}});
  CHECK(back.accessories == Accessories::as_compose);
  CHECK(back.build.at == BuildRule::At::image);
  CHECK(back.build.with == std::vector<std::string>{".env"});
  CHECK(back.build.timeout == std::chrono::minutes(1));
}

TEST_CASE("a plan of before, with one compose file and a build timeout by itself, is read") {
  auto json = plan_to_json(sample_plan());
  auto& environment = json.at("environment").as_object();
  for (const auto* newer : {"compose_files", "build", "project", "env_files", "values", "accessories"})
    environment.erase(newer);
  environment["compose"] = "docker-compose.yml";
  environment["build_timeout_ms"] = 60'000;
  const auto read = plan_from_json(json).environment;
  CHECK(read.compose == std::vector<std::string>{"docker-compose.yml"});
  CHECK(read.build.timeout == std::chrono::minutes(1));
  CHECK(read.build.at == BuildRule::At::host);
  CHECK(read.accessories == Accessories::leave);
}

TEST_CASE("the compose file can name the commit that is shipped") {
  const Commit commit{.id = "4f2a9c1d", .subject = {}, .branch = {}, .version = "v1.2-3-g4f2a9c1"};
  const auto values = plan_deployment("shop", {}, commit, {}, {}).environment.values;
  CHECK(values.at("BELAY_COMMIT") == "4f2a9c1d");
  CHECK(values.at("BELAY_VERSION") == "v1.2-3-g4f2a9c1");
  CHECK(plan_deployment("shop", {}, {}, {}, {}).environment.values.empty());
}
