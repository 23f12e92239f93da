#include "sample_runs.hpp"

namespace belay::samples {
namespace {

using namespace std::chrono_literals;

constexpr const char* url = "https://api.example.net/api/health";

/// Writes a journal: each record comes some time after the one before.
class Writer {
 public:
  Writer& after(std::chrono::milliseconds later, Event event) {
    at_ += later;
    records_.push_back(Record{records_.size() + 1, at_, std::move(event)});
    return *this;
  }
  Writer& output(StepName step, std::initializer_list<const char*> lines,
                 std::chrono::milliseconds each = 180ms) {
    for (const char* line : lines) after(each, event::Output{step, line});
    return *this;
  }
  Writer& began(StepName step, std::chrono::milliseconds later = 2ms) {
    after(later, event::StepBegan{step});
    began_ = at_;
    return *this;
  }
  Writer& done(StepName step, std::chrono::milliseconds later, std::string summary) {
    at_ += later;
    return after(0ms, event::StepDone{step, at_ - began_, std::move(summary)});
  }
  Writer& undo(StepName step, std::chrono::milliseconds takes, std::string summary) {
    return after(2ms, event::UndoBegan{step}).after(takes, event::UndoDone{step, std::move(summary)});
  }
  std::vector<Record> records() { return std::move(records_); }

 private:
  Time at_ = start(), began_{};
  std::vector<Record> records_;
};

Writer opened(const std::string& previous, Plan plan = sample_plan(),
              const std::string& run = "20260112-103300-4f2a9c1") {
  Writer writer;
  writer.after(0ms, event::Opened{std::move(plan), run, "9f86d081884c7d65", previous, "0.1.0"});
  return writer;
}

Writer& until_sync(Writer& writer) {
  writer.began(StepName::preflight)
      .done(StepName::preflight, 310ms, "docker 29.0.1, compose 2.40.3, 41.2 GB free");
  writer.began(StepName::backup)
      .after(400ms, event::Progressed{StepName::backup, 1'400'000, 3'100'000, "bytes"})
      .after(400ms, event::Progressed{StepName::backup, 3'100'000, 3'100'000, "bytes"})
      .done(StepName::backup, 200ms, "3.1 MB, 20 000 rows in 4 tables, verified");
  writer.began(StepName::sync)
      .after(2ms, event::Noted{StepName::sync, "link_destination", ""})
      .after(2ms, event::Awaiting{"source", "/srv/crm/.belay/releases/20260112-103300-4f2a9c1/source", 60s})
      .after(900ms, event::Heard{"source", true, "212 files, 1.1 MB; 3 files, 12 kB sent"})
      .done(StepName::sync, 20ms, "212 files, 1.1 MB; 3 files, 12 kB sent");
  return writer;
}

Writer& until_create(Writer& writer) {
  until_sync(writer);
  writer.began(StepName::build);
  int number = 1;
  for (const char* line :
       {"#1 [internal] load build definition from Dockerfile", "#5 [build 1/6] FROM node:20-slim",
        "#6 [build 2/6] COPY package.json package-lock.json ./", "#7 [build 3/6] RUN npm ci",
        "#7 2.314 added 211 packages in 2s", "#8 [build 4/6] COPY . .",
        "#9 [build 5/6] RUN npx prisma generate", "#9 1.120 ✔ Generated Prisma Client (v5.22.0) in 84ms",
        "#10 [build 6/6] RUN npm run build", "#11 exporting to image"}) {
    writer.output(StepName::build, {line}, 240ms);
    writer.after(10ms, event::Progressed{StepName::build, number++, 10, "steps"});
  }
  writer.done(StepName::build, 700ms, "backend: 184 MB");
  writer.began(StepName::create).done(StepName::create, 140ms, "backend: candidate crm-backend-4f2a9c1");
  return writer;
}

Writer& migrated(Writer& writer) {
  until_create(writer);
  writer.began(StepName::migrate)
      .output(StepName::migrate,
              {"Prisma schema loaded from prisma/schema.prisma",
               "Datasource \"db\": PostgreSQL database \"crm\" at \"crm-postgres:5432\"",
               "3 migrations found in prisma/migrations", "Applying migration `20260110_greeting`",
               "All migrations have been successfully applied."})
      .done(StepName::migrate, 300ms, "npx prisma migrate deploy");
  return writer;
}

Writer& verifying(Writer& writer) {
  migrated(writer);
  writer.began(StepName::switch_over)
      .done(StepName::switch_over, 520ms, "0.42 s between the old and the new");
  writer.began(StepName::verify);
  return writer;
}

std::vector<Record> closed(Writer& writer, RunOutcome outcome, const std::string& serving,
                           const std::string& checked, const std::string& message, bool backup = true) {
  writer.after(5ms, event::Closed{outcome, serving, checked,
                                  backup ? "/srv/crm/backups/pre-deploy-20260112-103300.sql" : "", message});
  return writer.records();
}

constexpr const char* before = "20260110-090000-1c0ffee";

}  // namespace

Time start() {
  return parse_iso8601("2026-01-12T10:33:00.000Z");
}

Plan sample_plan() {
  Plan plan;
  plan.app = "crm-backend";
  plan.environment.name = "production";
  plan.environment.host = {false, "deploy@api.example.net", std::nullopt, "deploy@api.example.net"};
  plan.environment.path = "/srv/crm";
  plan.environment.compose = {"docker-compose.production.yml"};
  plan.environment.services = {"backend"};
  plan.environment.test = {{{"npm ci"}}, {{"npm run lint", "npm run typecheck", "npm test"}}};
  plan.environment.migrate = {{.command = "npx prisma migrate deploy"}};
  plan.environment.backup = PostgresBackup{"crm-postgres", "crm_user", "crm"};
  plan.environment.health.url = url;
  plan.commit = {
      .id = "4f2a9c1d5e6f708192a3b4c5d6e7f8091a2b3c4d", .subject = "feat: greet by name", .branch = "main"};
  plan.by = {"ana", "laptop"};
  plan.gate = {false, 4, 8200ms};
  plan.steps = {StepName::preflight, StepName::backup,  StepName::sync,        StepName::build,
                StepName::create,    StepName::migrate, StepName::switch_over, StepName::verify,
                StepName::commit,    StepName::settle};
  return plan;
}

std::vector<Record> deployed() {
  Writer writer = opened(before);
  verifying(writer)
      .after(300ms, event::Progressed{StepName::verify, 1, 30, "attempts"})
      .after(900ms, event::Progressed{StepName::verify, 2, 30, "attempts"})
      .after(100ms, event::Awaiting{"confirmation", url, 60s})
      .after(600ms, event::Heard{"confirmation", true,
                                 "GET https://api.example.net/api/health answered 200 (2 of 2) in 31 ms"})
      .done(StepName::verify, 5ms, "healthy from inside and from outside");
  writer.began(StepName::commit)
      .after(1ms, event::Committed{"20260112-103300-4f2a9c1"})
      .done(StepName::commit, 2ms, "");
  writer.began(StepName::settle).done(StepName::settle, 420ms, "published; 5 releases kept, 1 removed");
  return closed(writer, RunOutcome::deployed, "20260112-103300-4f2a9c1",
                "GET https://api.example.net/api/health answered 200 (2 of 2) in 31 ms: "
                "{\"status\":\"ok\",\"database\":\"up\"}",
                "");
}

std::vector<Record> migration_fails() {
  Writer writer = opened(before);
  until_create(writer);
  writer.began(StepName::migrate)
      .output(StepName::migrate, {"3 migrations found in prisma/migrations",
                                  "Applying migration `20260110_greeting`", "Error: P3018",
                                  ("A migration failed to apply. New migrations cannot be applied before the "
                                   "error is recovered from."),
                                  "Database error code: 42701",
                                  "ERROR: column \"greeting\" of relation \"customers\" already exists"});
  writer.after(
      200ms,
      event::StepFailed{
          StepName::migrate,
          "the migration ended with exit code 1",
          "Error: P3018\nA migration failed to apply. New migrations cannot be applied before the error is "
          "recovered from.\n"
          "Database error code: 42701\nERROR: column \"greeting\" of relation \"customers\" already exists",
          "Resolve it with prisma:  npx prisma migrate resolve --rolled-back 20260110_greeting",
          {"running npx prisma migrate deploy"},
          {}});
  writer.undo(StepName::create, 130ms, "candidate removed")
      .undo(StepName::build, 60ms, "image tag removed")
      .undo(StepName::sync, 30ms, "release directory removed");
  return closed(writer, RunOutcome::rolled_back, before,
                "GET https://api.example.net/api/health answered 200 (2 of 2) in 18 ms", "");
}

std::vector<Record> candidate_crashes() {
  Writer writer = opened(before);
  verifying(writer).after(
      640ms,
      event::StepFailed{StepName::verify,
                        "crm-backend-4f2a9c1 exited with code 1, 0.62 s after its start",
                        "",
                        "",
                        {"watching the candidate"},
                        {"> crm-backend@1.4.0 start", "> node dist/server.js", "",
                         "Error: Cannot find module './greeting'", "Require stack:", "- /app/dist/server.js",
                         "    at Module._resolveFilename (node:internal/modules/cjs/loader:1140:15)",
                         "  code: 'MODULE_NOT_FOUND'"}});
  writer.undo(StepName::switch_over, 480ms, "crm-backend started again, 0.42 s")
      .undo(StepName::create, 120ms, "candidate removed")
      .undo(StepName::build, 60ms, "image tag removed")
      .undo(StepName::sync, 30ms, "release directory removed");
  return closed(writer, RunOutcome::rolled_back, before,
                "GET https://api.example.net/api/health answered 200 (2 of 2) in 22 ms", "");
}

std::vector<Record> first_deployment_fails() {
  Writer writer = opened("");
  verifying(writer);
  for (int attempt = 1; attempt <= 3; ++attempt)
    writer.after(900ms, event::Progressed{StepName::verify, attempt, 3, "attempts"});
  writer.after(
      50ms, event::StepFailed{
                StepName::verify,
                "not healthy after 3 attempts",
                "GET http://127.0.0.1:3001/api/health answered 500: {\"error\":\"DATABASE_URL is not set\"}",
                "Set DATABASE_URL in /srv/crm/.env on the host.",
                {},
                {"listening on 3001", "DATABASE_URL is not set"}});
  writer.undo(StepName::switch_over, 300ms, "candidate stopped; it stays for a look");
  return closed(writer, RunOutcome::nothing_serves, "", "", "crm-backend is stopped");
}

std::vector<Record> rollback_fails() {
  Writer writer = opened(before);
  verifying(writer).after(640ms, event::StepFailed{StepName::verify,
                                                   "not healthy after 30 attempts",
                                                   "GET http://127.0.0.1:3001/api/health: connection refused",
                                                   "",
                                                   {},
                                                   {}});
  writer.after(2ms, event::UndoBegan{StepName::switch_over})
      .after(800ms,
             event::UndoFailed{
                 StepName::switch_over, "crm-backend could not be started",
                 "driver failed programming external connectivity: address already in use (0.0.0.0:3001)"});
  return closed(writer, RunOutcome::nothing_serves, "",
                "GET https://api.example.net/api/health: connection refused",
                "port 3001 is taken by a process that is not belay's");
}

std::vector<Record> executor_dies() {
  Writer writer = opened(before);
  until_create(writer);
  writer.began(StepName::migrate).output(StepName::migrate, {"3 migrations found in prisma/migrations"});
  writer.after(400ms, event::Recovering{"guard"});
  writer.undo(StepName::create, 130ms, "candidate removed")
      .undo(StepName::build, 60ms, "image tag removed")
      .undo(StepName::sync, 30ms, "release directory removed");
  return closed(writer, RunOutcome::rolled_back, before,
                "GET https://api.example.net/api/health answered 200 (2 of 2) in 18 ms", "");
}

std::vector<Record> left_in_place() {
  Plan plan = sample_plan();
  plan.environment.name = "staging";
  plan.environment.rollback = false;
  plan.gate = {true, 0, 0ms};
  plan.commit.dirty = true;
  Writer writer = opened(before, plan);
  verifying(writer).after(2400ms, event::StepFailed{StepName::verify,
                                                    "not healthy after 20 attempts",
                                                    "GET http://localhost:3002/api/health answered 500",
                                                    "",
                                                    {},
                                                    {"TypeError: greeting is not a function"}});
  return closed(writer, RunOutcome::left_in_place, "", "", "", false);
}

std::vector<Record> rolled_back_as_asked() {
  Plan plan = sample_plan();
  plan.kind = Plan::Kind::rollback;
  plan.release = before;
  plan.commit = {};
  plan.gate = {};
  plan.steps = {StepName::preflight, StepName::create, StepName::switch_over,
                StepName::verify,    StepName::commit, StepName::settle};
  Writer writer = opened("20260112-103300-4f2a9c1", plan, "20260112-103300-rollback");
  writer.began(StepName::preflight).done(StepName::preflight, 310ms, "41.2 GB free");
  writer.began(StepName::create).done(StepName::create, 140ms, "backend: from image 1c0ffee");
  writer.began(StepName::switch_over)
      .done(StepName::switch_over, 520ms, "0.42 s between the old and the new");
  writer.began(StepName::verify)
      .after(700ms, event::Progressed{StepName::verify, 2, 30, "attempts"})
      .done(StepName::verify, 20ms, "healthy");
  writer.began(StepName::commit).after(1ms, event::Committed{before}).done(StepName::commit, 2ms, "");
  writer.began(StepName::settle).done(StepName::settle, 220ms, "");
  return closed(writer, RunOutcome::deployed, before,
                "GET https://api.example.net/api/health answered 200 (2 of 2) in 18 ms", "", false);
}

Ending ending_of(const std::vector<Record>& records) {
  return {std::get<event::Opened>(records.front().event).run, std::get<event::Closed>(records.back().event),
          records};
}

void tell_gate(Watcher& view, const Pause& pause, bool failing) {
  const Plan plan = sample_plan();
  view.gate_began(plan.commit, 4);
  view.test_began(1, "npm ci");
  for (const char* line :
       {"", "added 312 packages, and audited 313 packages in 2s", "found 0 vulnerabilities"}) {
    pause(400ms);
    view.test_said(1, line);
  }
  pause(900ms);
  view.test_ended(1, "npm ci", true, 2100ms, "/tmp/belay-1/test-1.log");
  const std::vector<std::string> together = {"npm run lint", "npm run typecheck", "npm test"};
  for (int i = 0; i < 3; ++i) view.test_began(2 + i, together[static_cast<std::size_t>(i)]);
  for (int turn = 1; turn <= 6; ++turn) {
    pause(350ms);
    view.test_said(4, "ok " + std::to_string(turn) + " - greets \033[32mby name\033[0m");
    if (turn == 2) view.test_said(2, "> eslint src --max-warnings 0");
    if (turn == 3) view.test_said(3, "> tsc --noEmit");
    if (turn == 4) view.test_ended(2, together[0], true, 1400ms, "/tmp/belay-1/test-2.log");
    if (turn == 5 && failing)
      view.test_said(3,
                     "src/server.ts(12,7): error TS2322: Type 'string' is not assignable to type 'number'.");
    if (turn == 5) view.test_ended(3, together[1], !failing, 1750ms, "/tmp/belay-1/test-3.log");
  }
  if (failing) return;
  view.test_ended(4, together[2], true, 3100ms, "/tmp/belay-1/test-4.log");
  view.gate_ended(plan.gate);
}

void tell_connection(Watcher& view, const Pause& pause) {
  view.connecting("deploy@api.example.net");
  pause(350ms);
  view.shipping_binary(8'330'000);
  pause(600ms);
  view.connected({wire::protocol, "0.1.0", "x86_64", "api", now()});
}

void tell_records(Watcher& view, const std::vector<Record>& records, const Pause& pause) {
  Time before_this = records.front().at;
  for (const Record& record : records) {
    const auto wait = record.at - before_this;
    before_this = record.at;
    if (const auto* heard = std::get_if<event::Heard>(&record.event); heard && heard->what == "source") {
      for (int percent = 10; percent <= 100; percent += 10) {
        pause(wait / 10);
        view.transferring(StepName::sync, static_cast<std::uint64_t>(percent) * 1200, percent);
      }
    } else if (heard) {
      pause(wait / 2);
      view.asked_from_here(1, 30, "GET https://api.example.net/api/health answered 502");
      pause(wait / 2);
    } else {
      pause(wait);
    }
    view.record(record);
  }
}

}  // namespace belay::samples
