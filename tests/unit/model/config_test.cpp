#include <doctest/doctest.h>

#include "samples.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

namespace {

const VariableLookup vps = variables({{"VPS_USER", "root"}, {"VPS_HOST", "vps.example.com"}});

EnvironmentConfig production(const std::string& more, const std::string& top = {}) {
  return parsed(minimal(more, top)).environments.at(0);
}

}  // namespace

TEST_CASE("the reference application's file says what the reference pipeline does") {
  const Config config = parsed(data_file("crm-backend.yml"), vps);
  CHECK(config.file == "belay.yml");
  CHECK(config.app == "crm-backend");
  CHECK(config.source == "deploy-backend");
  REQUIRE(config.environments.size() == 2);

  const EnvironmentConfig& production = *config.find("production");
  CHECK(production.host.destination == "root@vps.example.com");
  CHECK(production.path == "/root/deploy-backend");
  CHECK(production.source == "deploy-backend");
  CHECK(production.compose == std::vector<std::string>{"docker-compose.production.yml"});
  CHECK(production.services == std::vector<std::string>{"backend"});
  REQUIRE(production.test.size() == 2);
  CHECK(production.test[0].commands == std::vector<std::string>{"npm ci"});
  CHECK(production.test[1].commands ==
        std::vector<std::string>{"npm run lint", "npm run typecheck", "npm test"});
  CHECK(production.sync.exclude.size() == 11);
  CHECK_FALSE(production.sync.remove_extraneous);
  REQUIRE(production.migrate);
  CHECK(production.migrate->command == "npx prisma migrate deploy");
  CHECK(production.migrate->when == MigrationRule::When::before_switch);
  REQUIRE(production.backup);
  CHECK(production.backup->container == "crm-postgres");
  CHECK(production.backup->user == "crm_user");
  CHECK(production.backup->database == "crm_whatsapp_saas");
  CHECK(production.backup->keep == 5);
  CHECK(production.health.url == "https://api.botreserva.com.br/api/health");
  CHECK(production.health.attempts == 30);
  CHECK(production.health.interval == 5s);
  CHECK(production.health.from == HealthCheck::From::controller);
  CHECK(production.rollback);
  REQUIRE(production.on_push);
  CHECK(production.on_push->branches == std::vector<std::string>{"main"});
  CHECK(production.on_push->paths == std::vector<std::string>{"deploy-backend/**", "belay.yml"});

  const EnvironmentConfig& staging = *config.find("staging");
  CHECK(staging.sync.remove_extraneous);
  CHECK(staging.sync.exclude == production.sync.exclude);
  CHECK_FALSE(staging.backup);
  CHECK_FALSE(staging.rollback);
  CHECK(staging.health.from == HealthCheck::From::host);
  CHECK(config.find("prod") == nullptr);
}

TEST_CASE("the least file gets the defaults") {
  const EnvironmentConfig least = production("");
  CHECK(least.source == ".");
  CHECK(least.compose.empty());
  CHECK(least.test.empty());
  CHECK_FALSE(least.migrate);
  CHECK_FALSE(least.backup);
  CHECK(least.health.url.empty());
  CHECK(least.rollback);
  CHECK(least.keep_releases == 5);
  CHECK_FALSE(least.on_push);
}

TEST_CASE("a key named on is a key, and off, yes and no are booleans where one is expected") {
  const EnvironmentConfig environment = production(
      "on: { push: { branches: [on, yes, no] } }\nrollback: off\nsync: { delete: yes }\nbackup: off");
  CHECK(environment.on_push->branches == std::vector<std::string>{"on", "yes", "no"});
  CHECK_FALSE(environment.rollback);
  CHECK(environment.sync.remove_extraneous);
  CHECK_FALSE(environment.backup);
}

TEST_CASE("the gate is one command, a list, or a list with groups") {
  CHECK(production("test: make check").test.at(0).commands == std::vector<std::string>{"make check"});
  CHECK(production("test: []").test.empty());
  const auto steps = production("test:\n  - one\n  - parallel:\n      - two\n      - three\n").test;
  REQUIRE(steps.size() == 2);
  CHECK(steps[1].commands == std::vector<std::string>{"two", "three"});
}

TEST_CASE("a migration is a command, or says when and how long") {
  CHECK(production("migrate: ./migrate up").migrate->command == "./migrate up");
  const auto migrate = production("migrate: { run: ./migrate up, when: after-start, timeout: 90s }").migrate;
  CHECK(migrate->when == MigrationRule::When::after_start);
  CHECK(migrate->timeout == 90s);
}

TEST_CASE("a backup says how many are kept, where, and how long it may take") {
  const auto backup = production(
                          "backup: { postgres: { container: pg, user: u, database: d }, keep: 9, directory: "
                          "./dumps/, timeout: 2h }")
                          .backup;
  REQUIRE(backup);
  CHECK(backup->keep == 9);
  CHECK(backup->directory == "dumps");
  CHECK(backup->timeout == 2h);
}

TEST_CASE("an address that means the machine itself is asked by the host") {
  for (const char* url :
       {"http://localhost:3002/", "http://127.0.0.1", "http://[::1]:80/x", "http://LOCALHOST"})
    CHECK(production(std::string("health: \"") + url + "\"").health.from == HealthCheck::From::host);
  for (const char* url : {"https://example.com", "http://localhost.example.com", "http://10.0.0.1/"})
    CHECK(production(std::string("health: \"") + url + "\"").health.from == HealthCheck::From::controller);
  CHECK(production("health: { url: \"http://localhost\", from: controller }").health.from ==
        HealthCheck::From::controller);
}

TEST_CASE("fewer attempts than the usual successes lower the successes") {
  CHECK(production("health: { url: \"http://localhost\", attempts: 1 }").health.successes == 1);
  CHECK(production("health: { url: \"http://localhost\", attempts: 3 }").health.successes == 2);
}

TEST_CASE("each timeout can be set by itself") {
  const EnvironmentConfig environment = production("timeouts: { test: 1m, build: 2m, confirm: 3s }");
  CHECK(environment.test_timeout == 1min);
  CHECK(environment.build.timeout == 2min);
  CHECK(environment.confirm_timeout == 3s);
  CHECK(production("timeouts: { build: 2m }").test_timeout == 30min);
}

TEST_CASE("anchors and aliases may be used for what environments share") {
  const Config config = parsed(R"(
app: shop
services: [web]
environments:
  one: { host: local, path: /srv/one, sync: &s { exclude: [a, b] } }
  two: { host: local, path: /srv/two, sync: *s }
)");
  CHECK(config.find("two")->sync.exclude == std::vector<std::string>{"a", "b"});
}

TEST_CASE("windows line ends and a byte order mark are fine") {
  std::string text = minimal("rollback: false\ntest: make");
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2))
    text.insert(at, "\r");
  const Config config = parsed("\xEF\xBB\xBF" + text);
  CHECK_FALSE(config.environments.at(0).rollback);
  CHECK(config.environments.at(0).test.at(0).commands == std::vector<std::string>{"make"});
}
