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
  REQUIRE(production.migrate.size() == 1);
  CHECK(production.migrate[0].command == "npx prisma migrate deploy");
  CHECK(production.migrate[0].when == MigrationRule::When::before_switch);
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
  CHECK(least.migrate.empty());
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
  CHECK(production("migrate: ./migrate up").migrate.at(0).command == "./migrate up");
  const auto migrate = production("migrate: { run: ./migrate up, when: after-start, timeout: 90s }").migrate;
  CHECK(migrate.at(0).when == MigrationRule::When::after_start);
  CHECK(migrate.at(0).timeout == 90s);
}

TEST_CASE("a list of words is a migration's program and its arguments") {
  for (const char* text :
       {"migrate: [npx, prisma, migrate, deploy]", "migrate: { run: [npx, prisma, migrate, deploy] }"}) {
    const auto migrate = production(text).migrate;
    REQUIRE(migrate.size() == 1);
    CHECK(migrate[0].words == std::vector<std::string>{"npx", "prisma", "migrate", "deploy"});
    CHECK(migrate[0].command.empty());
    CHECK(migrate[0].shown() == "npx prisma migrate deploy");
  }
}

TEST_CASE("a list of sections is several migrations, each of its service") {
  const auto migrate =
      production("migrate: [{ run: a, service: web }, b, { run: [c, d], entrypoint: false }]").migrate;
  REQUIRE(migrate.size() == 3);
  CHECK(migrate[0].service == "web");
  CHECK(migrate[0].entrypoint);
  CHECK(migrate[1].command == "b");
  CHECK(migrate[1].service.empty());
  CHECK(migrate[2].words == std::vector<std::string>{"c", "d"});
  CHECK_FALSE(migrate[2].entrypoint);
}

TEST_CASE("migrations at different points, or of a service that is not released, are refused") {
  CHECK(problems(minimal("migrate: [{ run: a }, { run: b, when: after-start }]")).contains("'when' differs"));
  CHECK(problems(minimal("migrate: { run: a, service: wbe }")).contains("did you mean 'web'?"));
  CHECK(problems(minimal("migrate: []")).contains("'migrate' must"));
}

TEST_CASE(
    "hosts on the way are one or a list, each a text or a section; without a host to reach they are "
    "refused") {
  const std::string key = "SHA256:uNiVztksCsDhcc0u9e8BrrJXbXzEMWJKj1vpqbF1k0M";
  const auto jump = [&](const std::string& value) {
    return parsed(
               "app: shop\nservices: [web]\nenvironments:\n  production:\n    host: deploy@shop\n    path: "
               "/srv\n"
               "    jump: " +
               value + "\n")
        .environments.at(0)
        .jump;
  };
  struct Case {
    std::string written, shown;
  };
  for (const Case& c : {Case{"ops@bastion:2222", "ops@bastion:2222 -"}, Case{"[a, b]", "a - b -"},
                        Case{"{ host: a, host_key: \"" + key + "\" }", "a " + key},
                        Case{"[a, { host: b, host_key: \"" + key + "\" }]", "a - b " + key}}) {
    std::string shown;
    for (const auto& one : jump(c.written))
      shown +=
          (shown.empty() ? "" : " ") + one.host.shown + " " + (one.host_key.empty() ? "-" : one.host_key);
    CHECK(shown == c.shown);
  }
  CHECK(jump("ops@bastion:2222").at(0).host.port == 2222);
  CHECK(problems(minimal("jump: bastion")).contains("'jump' is of no use with 'host: local'"));
  CHECK(problems(minimal("jump: [local]")).contains("cannot be 'local'"));
  CHECK(problems(minimal("jump: []")).contains("'jump' must"));
  CHECK(problems(minimal("jump: { host_key: \"" + key + "\" }")).contains("'host'"));
}

TEST_CASE("a health check says which answers are good, and what it sends") {
  const auto health =
      production(
          "health: { url: \"https://a.example/h\", status: [200, 401], follow_redirects: true, "
          "headers: { X-Forwarded-Proto: https, Host: shop } }")
          .health;
  CHECK(health.is_good(200));
  CHECK(health.is_good(401));
  CHECK_FALSE(health.is_good(204));
  CHECK(health.follow_redirects);
  REQUIRE(health.headers.size() == 2);
  CHECK(health.headers[1].name == "Host");
  CHECK(health.headers[1].value == "shop");
  CHECK(production("health: { url: \"https://a.example/\", status: 301 }").health.status ==
        std::vector<int>{301});
  const auto usual = production("health: \"https://a.example/\"").health;
  CHECK(usual.is_good(200));
  CHECK(usual.is_good(299));
  CHECK_FALSE(usual.is_good(301));
}

TEST_CASE("a login comes from its keys or from the URL, and is shown without its password") {
  for (const char* text : {"health: \"https://ops:p%40ss@a.example:8443/h\"",
                           "health: { url: \"https://a.example:8443/h\", user: ops, password: p@ss }"}) {
    const auto health = production(text).health;
    CHECK(health.url == "https://a.example:8443/h");
    CHECK(health.user == "ops");
    CHECK(health.password == "p@ss");
    CHECK(health.shown_url() == "https://ops:***@a.example:8443/h");
    CHECK(health.by_hand() == "curl -i -u ops https://a.example:8443/h");
  }
  CHECK(production("health: \"http://ops:x@localhost/\"").health.from == HealthCheck::From::host);
  CHECK(problems(minimal("health: { url: \"http://a:b@c/\", user: d }")).contains("write it once"));
  CHECK(problems(minimal("health: { url: \"http://c/\", password: d }")).contains("has no 'user'"));
}

TEST_CASE("headers that belay sets, and values that are no line, are refused without showing them") {
  CHECK(problems(minimal("health: { url: \"http://c/\", headers: { Content-Length: 3 } }"))
            .contains("belay sets itself"));
  CHECK(problems(minimal("health: { url: \"http://c/\", headers: { \"a b\": x } }"))
            .contains("cannot name a header"));
  const auto twoLines = problems(minimal("health: { url: \"http://c/\", headers: { X-Token: \"${T}\" } }"),
                                 variables({{"T", "secret\nX: y"}}));
  CHECK(twoLines.contains("must be one line"));
  CHECK_FALSE(twoLines.contains("secret"));
}

TEST_CASE("each service may have its own check, and takes from what stands beside it what it does not say") {
  const auto environment = production(
      "health: { attempts: 7, interval: 1s, web: { url: \"http://localhost:1/\" }, api: { url: "
      "\"https://api.example/\", attempts: 9 } }",
      "services: [web, api]\n");
  CHECK(environment.health.url.empty());
  CHECK(environment.health.attempts == 7);
  const auto checks = environment.checks();
  REQUIRE(checks.size() == 2);
  CHECK(checks[0].service == "web");
  CHECK(checks[0].check.attempts == 7);
  CHECK(checks[0].check.from == HealthCheck::From::host);
  CHECK(checks[1].check.attempts == 9);
  CHECK(checks[1].check.interval == 1s);
  CHECK(checks[1].check.from == HealthCheck::From::controller);
}

TEST_CASE("a service's check may stand beside the environment's, in the top level or merged") {
  const auto environment =
      parsed(
          "app: a\nservices: [web, api]\nhealth: { url: \"http://localhost/\", attempts: 4 }\n"
          "environments: { production: { host: local, path: /srv/a, health: { api: { url: "
          "\"http://localhost:2/\" } } } }\n")
          .environments.at(0);
  REQUIRE(environment.checks().size() == 2);
  CHECK(environment.checks()[0].service.empty());
  CHECK(environment.checks()[1].service == "api");
  CHECK(environment.checks()[1].check.attempts == 4);
}

TEST_CASE("a check of a service that is not released, or without a URL, is refused; so is a misspelt key") {
  CHECK(problems(minimal("health: { wbe: { url: \"http://c/\" } }")).contains("did you mean 'web'?"));
  CHECK(problems(minimal("health: { web: { attempts: 3 } }")).contains("'url' is missing"));
  CHECK(problems(minimal("health: { ulr: \"http://c/\" }")).contains("did you mean 'url'?"));
}

TEST_CASE("a check is patient for its attempts, or for as long as it is told") {
  HealthCheck check{.url = "http://c/", .attempts = 3, .interval = 500ms, .timeout = 2s};
  CHECK(check.patience() == 1500ms);
  CHECK(check.longest() == 7500ms);
  CHECK(check.with_patience(60s).attempts == 120);
  CHECK(check.with_patience(1s).attempts == 3);
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
