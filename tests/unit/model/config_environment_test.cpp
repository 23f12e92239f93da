#include <doctest/doctest.h>
#include <fmt/core.h>

#include "samples.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

namespace {

EnvironmentConfig production(const std::string& top, const std::string& more) {
  return parsed(minimal(more, top)).environments.at(0);
}

}  // namespace

TEST_CASE("every key that environments share can stand at the top level") {
  const EnvironmentConfig environment = production(R"(
source: code
services: [web, worker]
test: make test
sync: { exclude: [a] }
migrate: make migrate
backup: { postgres: { container: pg, user: u, database: d } }
health: "http://localhost/health"
compose: c.yml
strategy: recreate
rollback: false
keep: 3
timeouts: { build: 1m }
)",
                                                   "");
  CHECK(environment.source == "code");
  CHECK(environment.services.size() == 2);
  CHECK(environment.test.size() == 1);
  CHECK(environment.sync.exclude.size() == 1);
  CHECK(environment.migrate.at(0).command == "make migrate");
  CHECK(environment.backup->container == "pg");
  CHECK(environment.health.url == "http://localhost/health");
  CHECK(environment.compose == std::vector<std::string>{"c.yml"});
  CHECK_FALSE(environment.rollback);
  CHECK(environment.keep_releases == 3);
  CHECK(environment.build.timeout == 1min);
}

TEST_CASE("an environment overrides a section key by key, at any depth") {
  CHECK(production("sync: { exclude: [a, b] }\n", "sync: { delete: true }").sync.exclude.size() == 2);
  CHECK(production("sync: { exclude: [a, b] }\n", "sync: { delete: true }").sync.remove_extraneous);
  const auto backup = production("backup: { postgres: { container: pg, user: u, database: d }, keep: 7 }\n",
                                 "backup: { postgres: { database: other } }")
                          .backup;
  CHECK(backup->database == "other");
  CHECK(backup->container == "pg");
  CHECK(backup->keep == 7);
  const auto health =
      production("health: { attempts: 7, interval: 1s }\n", "health: \"http://localhost/\"").health;
  CHECK(health.attempts == 7);
  CHECK(health.interval == 1s);
  CHECK(health.from == HealthCheck::From::host);
}

TEST_CASE("a lone command and a section merge too, in both directions") {
  const auto later = production("migrate: make migrate\n", "migrate: { when: after-start }").migrate;
  CHECK(later.at(0).command == "make migrate");
  CHECK(later.at(0).when == MigrationRule::When::after_start);
  const auto other = production("migrate: { run: a, timeout: 1m }\n", "migrate: b").migrate;
  CHECK(other.at(0).command == "b");
  CHECK(other.at(0).timeout == 1min);
}

TEST_CASE("an environment's list replaces the top level's") {
  CHECK(production("sync: { exclude: [a, b] }\n", "sync: { exclude: [c] }").sync.exclude ==
        std::vector<std::string>{"c"});
  CHECK(production("test: [a, b]\n", "test: [c]").test.size() == 1);
  CHECK(production("test: [a, b]\n", "test: []").test.empty());
  CHECK(production("services: [a, b]\n", "services: [c]").services == std::vector<std::string>{"c"});
}

TEST_CASE("off takes away what the top level gives") {
  const std::string top =
      "migrate: a\nhealth: \"http://localhost\"\nbackup: { postgres: { container: pg, user: u, database: d } "
      "}\n";
  const EnvironmentConfig without = production(top, "migrate: off\nhealth: off\nbackup: off");
  CHECK(without.migrate.empty());
  CHECK_FALSE(without.backup);
  CHECK(without.health.url.empty());
  CHECK(production("backup: off\n", "backup: { postgres: { container: pg, user: u, database: d } }").backup);
}

TEST_CASE("an environment may ship another source") {
  const Config config = parsed(minimal("source: b", "source: a\n"));
  CHECK(config.source == "a");
  CHECK(config.environments.at(0).source == "b");
}

TEST_CASE("variables are expanded in every kind of value") {
  const auto lookup = variables({{"APP", "shop"},
                                 {"USER", "deploy"},
                                 {"N", "4"},
                                 {"YES", "true"},
                                 {"WAIT", "7s"},
                                 {"WHEN", "after-start"},
                                 {"CMD", "make x: y"}});
  const Config config = parsed(R"(
app: ${APP}
environments:
  production:
    host: ${USER}@vps
    path: /srv/${APP}
    services: ["${APP}-web"]
    test: ["${CMD}", "echo $$HOME $PWD"]
    rollback: ${YES}
    keep: ${N}
    migrate: { run: a, when: "${WHEN}", timeout: "${WAIT}" }
)",
                               lookup);
  const EnvironmentConfig& environment = config.environments.at(0);
  CHECK(config.app == "shop");
  CHECK(environment.host.destination == "deploy@vps");
  CHECK(environment.path == "/srv/shop");
  CHECK(environment.services.at(0) == "shop-web");
  CHECK(environment.test.at(0).commands.at(0) == "${CMD}");  // sh finds the value in its environment
  CHECK(environment.test.at(1).commands.at(0) == "echo $$HOME $PWD");
  CHECK(environment.variables.at("CMD") == "make x: y");
  CHECK(environment.rollback);
  CHECK(environment.keep_releases == 4);
  CHECK(environment.migrate.at(0).when == MigrationRule::When::after_start);
  CHECK(environment.migrate.at(0).timeout == 7s);
}

TEST_CASE("an unset variable is reported where it stands, once, also if environments share it") {
  const std::string text = R"(app: shop
services: [web]
health: "http://${DOMAIN}/health"
environments:
  one: { host: "root@${ONE}", path: /srv/one }
  two: { host: local, path: /srv/two }
)";
  CHECK(problems(text) ==
        "belay.yml:3:17: the variable DOMAIN is not set\n"
        "  health: \"http://${DOMAIN}/health\"\n"
        "                  ^\n"
        "  set it in the environment: export DOMAIN=...\n"
        "belay.yml:5:22: the variable ONE is not set\n"
        "    one: { host: \"root@${ONE}\", path: /srv/one }\n"
        "                       ^\n"
        "  set it in the environment: export ONE=...\n");
}

TEST_CASE("the variables of an environment that is not used need not be set") {
  const std::string text = R"(app: shop
services: [web]
health: "http://${DOMAIN}/health"
environments:
  one: { host: "root@${ONE}", path: "${PLACE}/app" }
  two: { host: local, path: /srv/two, health: off }
)";
  const Config config = parsed(text, variables({}), "two");
  CHECK(config.find("two")->path == "/srv/two");
  CHECK(problems(text, variables({{"DOMAIN", "d"}, {"ONE", "h"}, {"PLACE", "/srv"}}), "one").empty());
  CHECK(problems(text, variables({{"DOMAIN", "d"}, {"ONE", "h"}}), "one")
            .contains("the variable PLACE is not set"));
}

TEST_CASE("mistakes of structure are reported in environments that are not used, too") {
  const std::string text = R"(app: shop
services: [web]
environments:
  one: { hots: "root@${ONE}", path: relative, keep: many }
  two: { host: local, path: /srv/two }
)";
  const std::string found = problems(text, variables({}), "two");
  CHECK(found.contains("'host' is missing"));
  CHECK(found.contains("unknown key 'hots'"));
  CHECK(found.contains("'path' must be an absolute path"));
  CHECK(found.contains("'keep' must be a whole number, not 'many'"));
  CHECK_FALSE(found.contains("variable ONE"));
}

TEST_CASE("a malformed variable is a mistake in every environment") {
  const std::string text = minimal("keep: ${N:-5}");
  CHECK(problems(text, variables({}), "other").contains("'${N:-5}' is not a variable"));
}

TEST_CASE("a variable's value is validated like any other text") {
  const auto lookup = variables({{"HOST", "-oProxyCommand=evil"}, {"DIR", "/"}});
  const std::string found = problems(
      "app: a\nservices: [w]\nenvironments: { x: { host: \"${HOST}\", path: \"${DIR}\" } }\n", lookup);
  CHECK(found.contains("'host' cannot be '-oProxyCommand=evil'"));
  CHECK(found.contains("'path' must not be the root directory"));
}

TEST_CASE("an edge brings blue-green with it, and blue-green an edge; either can be said otherwise") {
  const auto environment = [](const std::string& text) { return parsed(minimal(text)).environments.at(0); };
  CHECK_FALSE(environment("").edge);
  CHECK(environment("").strategy == Strategy::recreate);
  CHECK(environment("edge: on").strategy == Strategy::blue_green);
  CHECK(environment("edge: on").edge->image == EdgeConfig{}.image);
  CHECK(environment("edge: haproxy:2.6").edge->image == "haproxy:2.6");
  CHECK(environment("strategy: blue-green").edge);
  const auto held = environment("edge: { hold_timeout: 1m }\nstrategy: recreate");
  CHECK(held.edge->hold_timeout == std::chrono::minutes(1));
  CHECK(held.strategy == Strategy::recreate);
  CHECK_FALSE(environment("edge: off").edge);
}

TEST_CASE("TLS at the edge: one certificate or several, with keys in files of their own or none") {
  const auto edge = [](const std::string& text) {
    return *parsed(minimal("edge: " + text)).environments.at(0).edge;
  };
  CHECK_FALSE(edge("on").tls);
  const auto one = edge("{ tls: { certificates: [/etc/ssl/crm.pem] } }");
  CHECK(one.tls->certificates == std::vector<std::string>{"/etc/ssl/crm.pem"});
  CHECK(one.tls->keys.empty());
  CHECK(one.tls->port == 443);
  const auto own = edge(
      "{ tls: { certificates: [a.pem, b.pem], keys: [a.key, b.key], port: 8443 }, "
      "proxy_protocol_from: [10.0.0.5] }");
  CHECK(own.tls->keys == std::vector<std::string>{"a.key", "b.key"});
  CHECK(own.tls->port == 8443);
  CHECK(own.proxy_protocol_from == std::vector<std::string>{"10.0.0.5"});
  const auto said =
      problems(minimal("edge: { tls: { certificates: [a, b], keys: [c] }, proxy_protocol_from: [x] }"));
  CHECK(said.contains("'keys' has 1 files, 'certificates' 2"));
  CHECK(said.contains("'proxy_protocol_from' has 'x', which is no address"));
  CHECK(problems(minimal("edge: { tls: { port: 443 } }")).contains("'certificates'"));
}

TEST_CASE("ports that do not speak HTTP at the edge: one or several, and not the one where TLS ends") {
  const auto tcp = [](const std::string& text) {
    return parsed(minimal("edge: " + text)).environments.at(0).edge->tcp;
  };
  CHECK(tcp("on").empty());
  CHECK(tcp("{ tcp: 1883 }") == std::vector<int>{1883});
  CHECK(tcp("{ tcp: [1883, 5432] }") == std::vector<int>{1883, 5432});
  CHECK(problems(minimal("edge: { tcp: [0] }")).contains("'tcp'"));
  CHECK(problems(minimal("edge: { tls: { certificates: [a] }, tcp: [443] }"))
            .contains("'tcp' names 443, the port where 'tls' ends TLS"));
}

TEST_CASE("the edge's TLS, its other ports and its proxies travel in the plan") {
  const auto environment =
      parsed(minimal("edge: { tls: { certificates: [a.pem], port: 8443 }, tcp: [1883], proxy_protocol_from: "
                     "[10.0.0.0/8] }"))
          .environments.at(0);
  const auto plan = plan_deployment("shop", environment, {}, {}, {});
  const auto back = *plan_from_json(plan_to_json(plan)).environment.edge;
  CHECK(back.tls->certificates == std::vector<std::string>{"a.pem"});
  CHECK(back.tls->port == 8443);
  CHECK(back.tcp == std::vector<int>{1883});
  CHECK(back.proxy_protocol_from == std::vector<std::string>{"10.0.0.0/8"});
}

TEST_CASE("a strategy by service: those that must not run twice, and how all others are turned") {
  const auto environment = [](const std::string& text) { return parsed(minimal(text)).environments.at(0); };
  const auto two = environment("edge: on\nstrategy: { worker: recreate, cron: recreate }");
  CHECK(two.strategy == Strategy::blue_green);
  CHECK(two.replaced == std::vector<std::string>{"worker", "cron"});
  CHECK(two.is_replaced("cron"));
  CHECK_FALSE(two.is_replaced("web"));
  const auto canary = environment("strategy: { web: canary, worker: recreate }");
  CHECK(canary.strategy == Strategy::canary);
  CHECK(canary.canary);
  CHECK(canary.edge);
  const auto without_edge = environment("strategy: { worker: recreate }");
  CHECK(without_edge.strategy == Strategy::recreate);
  CHECK_FALSE(without_edge.is_replaced("worker"));  // as all of them are
  CHECK(problems(minimal("strategy: { web: canary, api: blue-green }"))
            .contains("'strategy' names both blue-green and canary"));
  CHECK(problems(minimal("strategy: { web: bluegreen }")).contains("'strategy' cannot be 'bluegreen'"));
}

TEST_CASE("a strategy that needs the edge is refused without it, where it is written") {
  const auto said = problems(minimal("edge: off\nstrategy: blue-green"));
  CHECK(said.contains("'edge' is off, but strategy 'blue-green' needs it"));
  CHECK(said.contains("belay.yml:8:15"));
}

TEST_CASE("a canary has its steps and its rule; only what abort_if names is judged") {
  const auto environment = [](const std::string& text) { return parsed(minimal(text)).environments.at(0); };
  const auto usual = environment("strategy: canary");
  CHECK(usual.edge);
  CHECK(usual.canary->steps == std::vector<int>{5, 25, 100});
  CHECK(usual.canary->abort_if.errors_5xx == 100);
  CHECK(usual.canary->abort_if.p95 == 200);
  const auto own = environment(
      "strategy: canary\ncanary: { steps: [10%, 100%], for: 1m, abort_if: { p95: \">3x\" } }\nsoak: 30s");
  CHECK(own.canary->steps == std::vector<int>{10, 100});
  CHECK_FALSE(own.canary->abort_if.errors_5xx);
  CHECK(own.canary->abort_if.p95 == 300);
  CHECK(own.soak->time == std::chrono::seconds(30));
  CHECK_FALSE(environment("edge: on\ncanary: { for: 1m }").canary);  // another strategy
  CHECK(problems(minimal("canary: { steps: [25%, 5%] }")).contains("'steps' must rise"));
  CHECK(problems(minimal("edge: off\nsoak: 30s")).contains("'edge' is off, but 'soak' needs it"));
}

TEST_CASE("what a canary and a soak are travels in the plan") {
  const auto environment =
      parsed(minimal("strategy: canary\ncanary: { abort_if: { p95: \">3x\" } }\nsoak: 30s"))
          .environments.at(0);
  const auto plan = plan_deployment("shop", environment, {}, {}, {});
  const auto back = plan_from_json(plan_to_json(plan)).environment;
  CHECK(back.canary->abort_if.p95 == 300);
  CHECK_FALSE(back.canary->abort_if.errors_5xx);
  CHECK(back.soak->abort_if.errors_5xx == 100);
  std::string names;
  for (const auto step : plan.steps) names += to_string(step) + " ";
  CHECK(names == "preflight sync build create edge start canary switch verify soak commit settle ");
}

TEST_CASE("compose gets the files, the project and the variables that are named; without them it decides") {
  const auto usual =
      parsed("app: a\nenvironments: { x: { host: local, path: /srv/a } }\n").environments.at(0);
  CHECK(usual.compose.empty());
  CHECK(usual.services.empty());
  CHECK(usual.project.empty());
  CHECK(usual.accessories == Accessories::leave);
  const auto own = parsed(minimal("compose: [compose.yml, prod/compose.yml]\nproject: crm\n"
                                  "env_files: [.env, /etc/crm.env]\naccessories: as-compose"))
                       .environments.at(0);
  CHECK(own.compose == std::vector<std::string>{"compose.yml", "prod/compose.yml"});
  CHECK(own.project == "crm");
  CHECK(own.env_files == std::vector<std::string>{".env", "/etc/crm.env"});
  CHECK(own.accessories == Accessories::as_compose);
  CHECK(parsed(minimal("compose: c.yml")).environments.at(0).compose == std::vector<std::string>{"c.yml"});
  const auto said = problems(minimal("compose: [/etc/c.yml, c.yml, c.yml]\nproject: Crm\nenv_files: ../x"));
  CHECK(said.contains("'compose' must be a relative path, not '/etc/c.yml'"));
  CHECK(said.contains("'compose' has 'c.yml' twice"));
  CHECK(said.contains("'project' cannot be 'Crm'"));
  CHECK(said.contains("'env_files' must not contain '..'"));
}

TEST_CASE("values are variables of the caller, each by its name; one that is not set is a mistake") {
  const auto lookup = variables({{"TAG", "1.2"}, {"EMPTY", ""}});
  const std::map<std::string, std::string> known{{"EMPTY", ""}, {"TAG", "1.2"}};
  CHECK(parsed(minimal("values: [TAG, EMPTY]"), lookup).environments.at(0).values == known);
  const auto said = problems(minimal("values: [TAG, NOT_SET, 2x]"), lookup);
  CHECK(said.contains("the variable NOT_SET is not set"));
  CHECK(said.contains("belay.yml:7:19"));
  CHECK(said.contains("'values' has '2x', which cannot be a variable"));
  CHECK(problems(minimal("values: [NOT_SET]"), lookup, "staging") == "");
}

TEST_CASE("who only looks needs no variable that a release is made with") {
  const auto text = minimal("values: [TAG]\nregistries: { ghcr.io: { user: ci, password: \"${TOKEN}\" } }");
  const auto read = [&](Needed needed) {
    return parse_config("belay.yml", text, variables({}), "production", needed);
  };
  const auto looking = read(Needed::for_the_way);
  REQUIRE(looking);
  CHECK(looking->environments[0].values.empty());
  CHECK(looking->environments[0].registries.empty());
  const auto releasing = read(Needed::for_a_release);
  REQUIRE_FALSE(releasing);
  CHECK(releasing.error().size() == 2);
}

TEST_CASE("where images are built: a lone text is the place; the older timeout counts without a newer one") {
  const auto build = [](const std::string& text) { return parsed(minimal(text)).environments.at(0).build; };
  CHECK(build("").at == BuildRule::At::host);
  CHECK(build("build: image").at == BuildRule::At::image);
  CHECK(build("build: { with: [.env] }").with == std::vector<std::string>{".env"});
  CHECK(build("timeouts: { build: 5m }").timeout == std::chrono::minutes(5));
  CHECK(build("timeouts: { build: 5m }\nbuild: image").timeout == std::chrono::minutes(5));
  CHECK(build("timeouts: { build: 5m }\nbuild: { timeout: 6m }").timeout == std::chrono::minutes(6));
  CHECK(problems(minimal("build: there")).contains("'at' cannot be 'there'"));
  CHECK(build("build: here").at == BuildRule::At::here);
  CHECK(problems(minimal("build: { at: here, with: [.env] }")).contains("'with' names files of the server"));
}

TEST_CASE("what is built here: a text, a list or a section; an environment adds to it, or takes it away") {
  const auto local = [](const std::string& text, const std::string& own = "") {
    return parsed(minimal(own, text + "\n")).environments.at(0).build.local;
  };
  const auto shown = [](const std::optional<LocalBuild>& build) {
    std::string text;
    for (const auto& step : build.value().run) {
      text += text.empty() ? "" : "; ";
      for (const auto& command : step.commands) text += command + (step.commands.size() > 1 ? "|" : "");
    }
    return text;
  };
  CHECK_FALSE(local("").has_value());
  CHECK_FALSE(local("build: here").has_value());
  CHECK(shown(local("build: { local: npm run build }")) == "npm run build");
  CHECK(shown(local("build: { local: [npm ci, { parallel: [a, b] }] }")) == "npm ci; a|b|");
  const auto both = local("build: { local: { run: make, ship: [dist, public/build/] } }");
  CHECK(shown(both) == "make");
  CHECK(both->ship == std::vector<std::string>{"dist", "public/build"});
  CHECK_FALSE(local("build: { local: make }", "build: { local: off }").has_value());
  CHECK(local("build: { local: make }", "build: { local: { ship: [out] } }")->ship ==
        std::vector<std::string>{"out"});
  CHECK(shown(local("build: { local: make }", "build: { local: [make all] }")) == "make all");
  const auto said = problems(minimal("build: { local: { run: [], ship: [/srv, ../x], with: 1 } }"));
  CHECK(said.contains("'run' has no command"));
  CHECK(said.contains("'ship' must be a relative path, not '/srv'"));
  CHECK(said.contains("'ship' must not contain '..'"));
  CHECK(said.contains("unknown key 'with'"));
  CHECK(problems(minimal("build: { local: { ship: [dist] } }")).contains("'run' is missing"));
  CHECK(problems(minimal("build: { local: [] }")).contains("'local' must be a mapping or off"));
}

TEST_CASE(
    "a compose file of the host: one or several, in the place of those of the source; what goes with it is "
    "said") {
  const auto environment = [](const std::string& text, const std::string& own = "") {
    return parsed(minimal(own, text + "\n")).environments.at(0);
  };
  const auto host = environment("services: [api]\ncompose: { host: /srv//stack/./compose.yml }");
  CHECK(host.has_compose_on_host());
  CHECK(host.compose == std::vector<std::string>{"/srv/stack/compose.yml"});
  CHECK(environment("services: [api]\ncompose: { host: [/srv/a.yml, /srv/b.yml] }").compose.size() == 2);
  CHECK_FALSE(environment("compose: compose.yml").has_compose_on_host());
  // Either replaces the other, whichever level says it.
  CHECK(environment("services: [api]\ncompose: a.yml", "compose: { host: /srv/b.yml }").compose ==
        std::vector<std::string>{"/srv/b.yml"});
  CHECK(environment("services: [api]\ncompose: { host: /srv/b.yml }", "compose: [a.yml]").compose ==
        std::vector<std::string>{"a.yml"});
  const auto wrong = [](const std::string& text) { return problems(minimal(text)); };
  CHECK(wrong("services: [api]\ncompose: { host: stack/compose.yml }")
            .contains("'host' must be an absolute path, not 'stack/compose.yml'"));
  CHECK(wrong("services: [api]\ncompose: { host: [/srv/../a.yml, /a, /a] }")
            .contains("'host' must not contain '..'"));
  CHECK(wrong("services: [api]\ncompose: { host: [/a, /a] }").contains("'host' has '/a' twice"));
  CHECK(wrong("services: [api]\ncompose: {}").contains("'host' is missing"));
  CHECK(wrong("services: [api]\ncompose: { file: /srv/a.yml }").contains("unknown key 'file'"));
  const auto all = wrong("services: []\ncompose: { host: /srv/a.yml }\naccessories: as-compose\nedge: on");
  CHECK(all.contains("'compose: host' needs 'services'"));
  CHECK(all.contains("'accessories' cannot be 'as-compose' with 'compose: host'"));
  CHECK(all.contains("there can be no edge with 'compose: host'"));
  for (const auto* edge : {"strategy: blue-green", "strategy: canary", "soak: 10s"}) {
    CAPTURE(edge);
    CHECK(wrong(fmt::format("services: [api]\ncompose: {{ host: /srv/a.yml }}\n{}", edge))
              .contains("there can be no edge"));
  }
}

TEST_CASE("registries: each with a user and a password, and no word of either in a mistake") {
  const auto said =
      problems(minimal("registries: { \"a b\": { user: x, password: y }, ghcr.io: hidden, "
                       "localhost:5000: { user: \"ci:hidden\" } }"));
  CHECK(said.contains("'registries' has 'a b', which is no registry"));
  CHECK(said.contains("'registries' of ghcr.io must be a mapping"));
  CHECK(said.contains("'user' must not contain ':'"));
  CHECK(said.contains("'password' is missing"));
}
