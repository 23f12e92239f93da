#include <array>
#include <map>
#include <sstream>
#include <string>
#include <type_traits>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/core.h>

#include "model/config_keys.hpp"
#include "model/plan.hpp"
#include "model/secrets.hpp"
#include "samples.hpp"

using namespace belay;
using namespace belay::testing;

// A key of the table that does not say what becomes of its variables must not compile.
static_assert(!std::is_default_constructible_v<VariablesOfKey>);

namespace {

const VariableLookup secrets = variables(
    {{"A", "first-secret"}, {"B", "second-secret"}, {"C", "third-secret"}, {"PLACE", "shown-place"}});

EnvironmentConfig with(const std::string& more) {
  return parsed(minimal(more), secrets).environments.at(0);
}

std::string stored(const EnvironmentConfig& environment) {
  return boost::json::serialize(plan_to_json(plan_deployment("a", environment, {}, {}, {}))) +
         boost::json::serialize(secrets_of(environment));
}

}  // namespace

TEST_CASE("sections hold no variables of their own, and commands and secrets never show theirs") {
  for (const ConfigKey& key : config_keys()) {
    CAPTURE(key.section);
    CAPTURE(key.name);
    const bool structure = key.kind == ValueKind::section || key.kind == ValueKind::environments ||
                           key.kind == ValueKind::by_registry || key.kind == ValueKind::by_path ||
                           key.kind == ValueKind::variables ||
                           (key.section == "secrets" && key.name == "command");
    const bool command = key.kind == ValueKind::command || key.kind == ValueKind::commands;
    CHECK((key.variables.value == Variables::none) == structure);
    CHECK((key.variables.value == Variables::command) == command);
    if (key.name == "password" || key.name == "headers") CHECK(key.variables.value == Variables::kept);
  }
}

TEST_CASE("the reference says of each key what becomes of its variables") {
  const auto page = data_file("../../../../docs/reference/belay-yml.md");
  const auto begin = page.find("<!-- variables -->");
  REQUIRE(begin != std::string::npos);
  std::istringstream rows(page.substr(begin, page.find("<!-- end -->", begin) - begin));
  std::map<Variables, std::string> named;
  std::string line;
  for (const auto row :
       {Variables::none, Variables::none, Variables::none, Variables::command, Variables::kept}) {
    std::getline(rows, line);
    named[row] = line.substr(0, line.find("| A secret"));
  }
  std::map<Variables, std::string> wanted;
  for (const ConfigKey& key : config_keys()) {
    auto& list = wanted[key.variables.value];
    const auto section = key.section == "shared" ? "" : std::string(key.section) + ".";
    list += (list.empty() ? "| `" : ", `") + section + std::string(key.name) + "`";
  }
  for (const auto row : {Variables::command, Variables::kept}) CHECK(named[row] == wanted[row] + " ");
}

TEST_CASE("what is stored of a key that keeps its text, or of a command, has the name and not the value") {
  for (const char* more : {
           "test: [\"run ${A}\", { parallel: [\"x ${B}\"] }]",
           "migrate: \"psql ${A}\"",
           "migrate: [{ run: \"psql ${A}\" }, { run: \"psql '${B}'\" }]",
           "health: \"http://localhost/?token=${A}\"",
           "health: \"https://${A}:${B}@localhost/\"",
           "health: { url: \"http://localhost/\", user: \"${A}\", password: \"${B}\" }",
           "health: { url: \"http://localhost/\", headers: { X-Token: \"Bearer ${A}\" } }",
           "health: { web: { url: \"http://localhost/${C}\", headers: { X: \"${A}\" } } }",
           "registries: { ghcr.io: { user: \"${A}\", password: \"${B}\" } }",
       }) {
    CAPTURE(more);
    const auto environment = with(more);
    const auto text = stored(environment);
    CHECK_FALSE(text.contains("-secret"));
    CHECK(environment.variables.at(std::string(more).contains("${A}") ? "A" : "C").ends_with("-secret"));
    CHECK(masks_of(environment, environment.variables).masked("first-secret" + text) !=
          "first-secret" + text);
  }
}

TEST_CASE("a key's text is filled in when it is used, also a login in a URL") {
  const auto values = Values{{"A", "us%3Aer"}, {"B", "p%40ss"}, {"URL", "https://u:w@h.example/x"}};
  const auto login = parsed(minimal("health: \"https://${A}:${B}@h.example/$$x\""), lookup_in(values));
  const auto& environment = login.environments.at(0);
  CHECK(environment.health.shown_url() == "https://***@h.example/$$x");
  const auto check = environment.health.filled(environment.variables);
  CHECK(check.url == "https://h.example/$x");
  CHECK(check.user == "us:er");
  CHECK(check.password == "p@ss");

  const auto whole = parsed(minimal("health: \"${URL}\""), lookup_in(values)).environments.at(0);
  CHECK(whole.health.filled(values).url == "https://h.example/x");
  CHECK(whole.health.filled(values).password == "w");
  CHECK(whole.health.missing({}) == std::vector<std::string>{"URL"});
  CHECK(whole.health.missing(values).empty());
}

TEST_CASE("who asks is told by the URL's host also where that is a variable's value") {
  CHECK(with("health: \"http://localhost/${A}\"").health.from == HealthCheck::From::host);
  const auto local = variables({{"HOST", "127.0.0.1"}});
  CHECK(parsed(minimal("health: \"http://${HOST}/\""), local).environments.at(0).health.from ==
        HealthCheck::From::host);
}

TEST_CASE("a variable that is shown elsewhere is no secret: its value stands in the texts that are kept") {
  const auto environment =
      with("project: \"${PLACE}\"\nhealth: \"http://${PLACE}/${A}\"\nmigrate: \"run ${PLACE} ${A}\"");
  CHECK(environment.health.url == "http://shown-place/${A}");
  CHECK(environment.migrate.at(0).command == "run ${PLACE} ${A}");
  CHECK(environment.shown_variables == std::vector<std::string>{"PLACE"});
  CHECK(masks_of(environment, environment.variables).masked("shown-place first-secret") == "shown-place ***");
}

TEST_CASE("a value that stands in belay.yml, and one of `values`, is no secret") {
  const auto lookup = variables({{"ENV", "production"}, {"TAG", "v1.2.3"}, {"A", "first-secret"}});
  const auto environment =
      parsed(minimal("values: [TAG]\nmigrate: \"run ${ENV} ${TAG} ${A}\""), lookup).environments.at(0);
  CHECK(environment.shown_variables == std::vector<std::string>{"ENV", "TAG"});
}

TEST_CASE("where a variable cannot stand, it is refused with its place") {
  struct Case {
    const char *more, *said;
  };
  for (const auto& [more, said] : std::to_array<Case>({
           {"migrate: { run: [psql, \"${A}\"] }", "its arguments are seen by everybody on the server"},
           {"migrate: \"echo \\\\${A}\"", "a backslash stands before ${A}"},
           {"test: [\"cat <<'E'\\n${A}\\nE\"]", "here-document whose delimiter is quoted"},
           {"sync: \"${A}\"", "must be a mapping"},
           {"values: [\"${A}\"]", "'values' cannot hold a variable"},
       })) {
    CAPTURE(more);
    const auto found = problems(minimal(more), secrets);
    CHECK(found.contains(said));
    CHECK(found.starts_with("belay.yml:"));
    CHECK_FALSE(found.contains("first-secret"));
  }
}

TEST_CASE("the words of a list are themselves, with a dollar for two") {
  CHECK(with("migrate: { run: [echo, \"$$HOME\", \"$PWD\"] }").migrate.at(0).words ==
        std::vector<std::string>{"echo", "$HOME", "$PWD"});
}

TEST_CASE("only who makes a release needs the variables of commands") {
  const auto text = minimal("migrate: \"run ${GONE}\"\ntest: [\"x ${GONE}\"]");
  const auto none = variables({});
  CHECK_FALSE(parse_config("belay.yml", text, none, "production", Needed::for_a_release).has_value());
  CHECK(parse_config("belay.yml", text, none, "production", Needed::for_the_way).has_value());
  const auto health = minimal("health: \"http://localhost/${GONE}\"");
  CHECK_FALSE(parse_config("belay.yml", health, none, "production", Needed::for_the_way).has_value());
}

TEST_CASE(
    "a key that hides its values takes them from the sources of secrets, and a key that shows them does "
    "not") {
  const std::string sources = "secrets: { file: secrets.belay, command: \"op read {name}\" }\n";
  const auto needed = [&](const std::string& more, Needed why = Needed::for_a_release) {
    const auto found = secrets_needed("belay.yml", minimal(sources + more), variables({}), "production", why);
    std::string names;
    if (!found)
      for (const auto& problem : found.error()) names += problem.message;
    else if (found->contains("production"))
      for (const auto& secret : found->at("production").secrets)
        names += fmt::format("{}{}:{}{} ", secret.name, secret.at.line, secret.at.column,
                             secret.required ? "" : "?");
    return names;
  };
  CHECK(needed("").empty());
  CHECK(needed("test: 'echo ${A} $B $${C}'") == "A8:17 ");
  CHECK(needed("migrate: { run: 'x ${A} ${B} ${A}' }") == "A8:24 B8:29 ");
  CHECK(needed("health: { url: 'http://localhost/${A}', headers: { X-Token: '${B}' }, user: u, password: "
               "'${C}' }") == "A8:38 C8:95 B8:66 ");
  CHECK(needed("registries: { r.example: { user: '${A}', password: '${B}' } }") == "A8:39 B8:57 ");
  CHECK(needed("hooks: { before_backup: { run: 'x ${A}', on: controller } }") == "A8:39 ");
  // Who looks at a status asks for what the health check needs.
  CHECK(needed("test: 'x ${A}'\nhealth: 'http://localhost/${B}'\nmigrate: 'x ${C}'", Needed::for_the_way) ==
        "A8:14? C10:17? B9:31 ");

  for (const char* shown :
       {"project: '${A}'", "env_files: '${A}'", "source: '${A}'", "values: [A]",
        "backup: { postgres: { container: '${A}', user: u, database: d } }", "compose: '${A}'"}) {
    CAPTURE(shown);
    CHECK(needed(shown).starts_with("the variable A is not set"));
  }
}

TEST_CASE(
    "a variable of the caller's environment is asked of no source, and of another environment neither") {
  const auto text =
      minimal("secrets: secrets.belay\ntest: 'x ${A} ${B}'") +
      "  staging: { host: local, path: /srv/s, services: [web], secrets: s.belay, test: 'x ${C}' }\n";
  const auto names = [&](const std::optional<std::string>& only) {
    const auto found = secrets_needed("belay.yml", text, variables({{"A", "by-caller"}}), only);
    REQUIRE(found);
    std::string all;
    for (const auto& [environment, needed] : *found)
      for (const auto& secret : needed.secrets)
        all += environment + " " + needed.sources.file + " " + secret.name + "; ";
    return all;
  };
  CHECK(names("production") == "production secrets.belay B; ");
  CHECK(names("staging") == "staging s.belay C; ");
  CHECK(names("") == "");
  CHECK(names(std::nullopt) == "production secrets.belay B; staging s.belay C; ");
}

TEST_CASE("a value of a source is a secret like one of the caller's environment") {
  const auto config = parse_config("belay.yml", minimal("secrets: secrets.belay\ntest: 'x ${A} ${B}'"),
                                   variables({{"A", "by-caller"}}), "production", Needed::for_a_release,
                                   {{"production", {{"A", "by-source"}, {"B", "b-by-source"}}}});
  REQUIRE(config);
  const auto& environment = config->environments.at(0);
  CHECK(environment.variables == Values{{"A", "by-caller"}, {"B", "b-by-source"}});
  CHECK_FALSE(stored(environment).contains("by-source"));
  CHECK(masks_of(environment, environment.variables).masked("by-caller b-by-source") == "*** ***");
}
