#include "samples.hpp"

#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

namespace belay::testing {

using namespace std::chrono_literals;

std::string data_file(const std::string& name) {
  std::ifstream file(std::string(TEST_DATA) + "/" + name, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), "no file " << name);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

VariableLookup variables(std::map<std::string, std::string> known) {
  return [known = std::move(known)](const std::string& name) {
    const auto found = known.find(name);
    return found == known.end() ? std::nullopt : std::optional(found->second);
  };
}

Config parsed(const std::string& text, const VariableLookup& lookup, const std::optional<std::string>& only) {
  auto config = parse_config("belay.yml", text, lookup, only);
  if (config) return std::move(*config);
  std::string all;
  for (const Problem& problem : config.error()) all += rendered(problem);
  FAIL(all);
  return {};
}

std::string problems(const std::string& text, const VariableLookup& lookup,
                     const std::optional<std::string>& only) {
  const auto config = parse_config("belay.yml", text, lookup, only);
  std::string all;
  if (!config)
    for (const Problem& problem : config.error()) all += rendered(problem);
  return all;
}

std::string minimal(const std::string& more, const std::string& top) {
  std::string text =
      "app: shop\n" + top + "environments:\n  production:\n    host: local\n    path: /srv/shop\n";
  if (!top.contains("services:") && !more.contains("services:")) text += "    services: [web]\n";
  std::istringstream lines(more);
  for (std::string line; std::getline(lines, line);) text += "    " + line + "\n";
  return text;
}

Plan sample_plan() {
  EnvironmentConfig environment;
  environment.name = "production";
  environment.host = {.local = false, .destination = "root@vps", .port = 2222, .shown = "root@vps:2222"};
  environment.host_key = "SHA256:uNiVztksCsDhcc0u9e8BrrJXbXzEMWJKj1vpqbF1k0M";
  environment.path = "/root/deploy-backend";
  environment.source = "deploy-backend";
  environment.compose = {"docker-compose.production.yml"};
  environment.services = {"backend", "worker"};
  environment.test = {{{"npm ci"}}, {{"npm run lint", "npm test"}}};
  environment.test_timeout = 11min;
  environment.sync = {.exclude = {"node_modules", "*.test.ts"}, .remove_extraneous = true};
  environment.migrate = {
      {.command = "npx prisma migrate deploy", .when = MigrationRule::When::after_start, .timeout = 12min}};
  environment.backup = PostgresBackup{.container = "crm-postgres",
                                      .user = "crm_user",
                                      .database = "crm",
                                      .directory = "dumps",
                                      .keep = 7,
                                      .timeout = 13min};
  environment.health = {.url = "https://example.com/health",
                        .from = HealthCheck::From::host,
                        .attempts = 20,
                        .interval = 1500ms,
                        .timeout = 2s,
                        .successes = 3};
  environment.rollback = false;
  environment.keep_releases = 9;
  environment.build.timeout = 14min;
  environment.confirm_timeout = 15s;
  environment.on_push = PushTrigger{.branches = {"main"}, .paths = {"deploy-backend/**"}};
  environment.shown_variables = {"DOMAIN"};

  const Commit commit{.id = "4f2a9c1d0e5b6a7988776655443322110ffeeddc",
                      .subject = "Prüfe \"alles\"",
                      .branch = "main",
                      .dirty = true};
  Plan plan = plan_deployment("crm-backend", environment, commit, {.user = "ana", .machine = "laptop"},
                              {.skipped = true, .commands = 3, .took = 4200ms});
  plan.environment.values.clear();  // format 1 began without
  plan.release = "20260112-103300-4f2a9c1-dirty";
  return plan;
}

std::vector<Record> sample_records() {
  using namespace event;
  std::vector<Event> events{
      Opened{.plan = sample_plan(),
             .run = "20260112-103300-4f2a9c1-dirty",
             .nonce = "00112233aabbccdd",
             .previous = "20260111-090000-1111111",
             .belay_version = "0.1.0"},
      StepBegan{.step = StepName::backup},
      Noted{.step = StepName::backup,
            .key = "partial",
            .value = {{"path", "/srv/.belay/x"}, {"sizes", {1, -2, 2.5}}}},
      Output{.step = StepName::backup,
             .line = "tab\there, umlaut ü, a \"quote\", \x01 and a newline\nin the middle"},
      Progressed{.step = StepName::backup, .done = 10, .total = 20'000'000'000, .unit = "bytes"},
      StepDone{.step = StepName::backup, .took = 3100ms, .summary = "3.1 MB, 20 000 rows"},
      Awaiting{.what = "source", .detail = "/root/deploy-backend/.belay/releases/x/source", .limit = 60s},
      Heard{.what = "source", .ok = true, .detail = "214 files"},
      StepBegan{.step = StepName::switch_over},
      StepFailed{.step = StepName::switch_over,
                 .message = "the candidate exited",
                 .why = "exit code 1",
                 .next = "see its log",
                 .frames = {"starting backend", "deploying production"},
                 .container_log = {"Error: no such table", "    at main.ts:3"}},
      Recovering{.by = "guard"},
      UndoBegan{.step = StepName::switch_over},
      UndoDone{.step = StepName::switch_over, .summary = "started crm-backend again"},
      UndoFailed{.step = StepName::backup,
                 .message = "cannot remove the partial file",
                 .why = "Read-only file system"},
      Committed{.release = "20260112-103300-4f2a9c1-dirty"},
      Closed{.outcome = RunOutcome::rolled_back,
             .serving = "20260111-090000-1111111",
             .checked = "GET https://example.com/health answered 200 (2 of 2)",
             .backup = "/root/deploy-backend/backups/pre-deploy-20260112-103300.sql",
             .message = "the old release serves"}};
  std::vector<Record> records;
  for (Event& event : events) {
    const std::uint64_t number = records.size() + 1;
    const Time at = parse_iso8601("2026-01-12T10:33:00.123Z") + number * 250ms;
    records.push_back({number, at, std::move(event)});
  }
  return records;
}

}  // namespace belay::testing
