#include "cli/screens.hpp"

#include <doctest/doctest.h>

#include "../golden.hpp"
#include "cli/origin_text.hpp"
#include "sample_runs.hpp"

using namespace belay;
using namespace belay::cli;
using namespace std::chrono_literals;

namespace {

constexpr Style plain{false, true};
const Time now_there = samples::start() + 26h;

Release release(const std::string& id, Release::State state, Time switched) {
  Release release;
  release.id = id;
  release.state = state;
  release.commit = samples::sample_plan().commit;
  release.by = samples::sample_plan().by;
  release.switched = switched;
  return release;
}

RunningContainer container() {
  RunningContainer one;
  one.service = "backend";
  one.name = "crm-backend";
  one.image = "crm-backend:20260112-103300-4f2a9c1";
  one.state = "running";
  one.release = "20260112-103300-4f2a9c1";
  one.started = samples::start();
  return one;
}

HostStatus status() {
  HostStatus status;
  status.current = release("20260112-103300-4f2a9c1", Release::State::good, samples::start());
  status.containers = {container()};
  status.healthy = true;
  status.health = "GET https://api.example.net/api/health answered 200 in 12 ms";
  status.bytes_free = 41'200'000'000;
  status.bytes_used_by_belay = 1'200'000'000;
  return status;
}

}  // namespace

TEST_CASE("status: healthy") {
  check_golden("status-healthy.txt",
               status_text("crm-backend", samples::sample_plan().environment, status(), now_there, plain, 0));
}

TEST_CASE("status: unhealthy, restarted, with a deployment that is not over") {
  HostStatus bad = status();
  bad.healthy = false;
  bad.health = "GET https://api.example.net/api/health: connection refused";
  bad.containers[0].state = "restarting";
  bad.containers[0].restarts = 7;
  bad.containers[0].release = "";
  bad.open_run = "20260113-120000-aaaaaaa";
  check_golden("status-unhealthy.txt",
               status_text("crm-backend", samples::sample_plan().environment, bad, now_there, plain, 0));
}

TEST_CASE("status and plan fit a terminal of 80 columns, and keep what is looked for") {
  HostStatus edge = status();
  edge.containers[0].name = "crm-backend-production-web-1-20260112";
  edge.slots = {{.backend = "crm-backend_8080",
                 .container = "crm-backend-production-web-1-20260112",
                 .state = "open",
                 .weight = 100,
                 .sessions = 12,
                 .rate = 340,
                 .requests = 1'234'567,
                 .errors_5xx = 89}};
  const auto& environment = samples::sample_plan().environment;
  check_golden("status-80.txt", status_text("crm-backend", environment, edge, now_there, plain, 80));
  Preview preview;
  preview.plan = samples::sample_plan();
  preview.facts.containers = {container(), container()};
  preview.facts.containers[1].name = "crm-worker-with-a-longer-name";
  preview.warnings = {
      "the project's .env on the server was edited since belay brought it: the deployment replaces "
      "it, and keeps what it replaces"};
  preview.facts.project = ProjectFacts{
      .gaps = {{"web", ServiceGap::Kind::down, {8080, 8443}}, {"worker", ServiceGap::Kind::down}},
      .switches = {{"20260112-120000-aaaaaaa", 640ms, 4100ms}, {"20260111-120000-bbbbbbb", 11200ms, 2s}}};
  check_golden("plan-80.txt", preview_text(preview, plain, 80));
}

TEST_CASE("status: nothing there yet") {
  HostStatus nothing;
  nothing.health = "nothing runs";
  check_golden("status-nothing.txt",
               status_text("crm-backend", samples::sample_plan().environment, nothing, now_there, plain, 0));
}

TEST_CASE("status and releases say why a release was deployed, if somebody said it") {
  HostStatus with_reason = status();
  with_reason.current->reason = Reason{"checkout is broken", "Sat until Sun, UTC"};
  CHECK(status_text("crm-backend", samples::sample_plan().environment, with_reason, now_there, plain, 0)
            .contains("  reason   checkout is broken (in spite of the freeze Sat until Sun, UTC)\n"));
  Release release = *with_reason.current;
  release.reason = Reason{"a rollout for one customer"};
  CHECK(releases_text({{release}, release.id, {}}, now_there, plain, 0)
            .contains("  " + release.id + ": a rollout for one customer\n"));
}

TEST_CASE("releases: the current one, a good one, an adopted one, a failed one") {
  Release adopted = release("20260101-000000-adopted", Release::State::good, samples::start() - 48h);
  adopted.origin = Release::Origin::adopted;
  adopted.commit = {};
  adopted.by = {};
  Release dirty = release("20260111-100000-0ddba11", Release::State::good, samples::start() - 24h);
  dirty.commit.dirty = true;
  const std::vector<Release> releases = {
      release("20260112-120000-baaaaad", Release::State::failed, {}),
      release("20260112-103300-4f2a9c1", Release::State::good, samples::start()), dirty, adopted};
  check_golden(
      "releases.txt",
      releases_text({releases, "20260112-103300-4f2a9c1", {{releases.back().id, "cannot be brought back"}}},
                    now_there, plain, 0));
  const auto off = releases_text({releases, "20260112-103300-4f2a9c1", {}, {"backend has no container"}},
                                 now_there, plain, 0);
  CHECK(off.find("is off") != std::string::npos);
  CHECK(off.find("20260112-103300-4f2a9c1: backend has no container") != std::string::npos);
  CHECK(off.find("serves  ") == std::string::npos);
  CHECK(releases_text({releases, "", {}}, now_there, plain, 0).find("serves") == std::string::npos);
}

TEST_CASE("where a release comes from") {
  Release found = release("20260112-103300-4f2a9c1", Release::State::good, samples::start());
  CHECK(origin_text(found, "on ", " (main)") == "on 4f2a9c1 feat: greet by name (main)");
  found.origin = Release::Origin::adopted;
  CHECK(origin_text(found, "on ", " (main)") ==
        "on 4f2a9c1 feat: greet by name, with services found beside it (main)");
  found.commit.id = "";
  CHECK(origin_text(found, "on ", " (main)") == "adopted: it was there before belay");
}

TEST_CASE("backups: a verified one and one that is not") {
  check_golden("backups.txt",
               backups_text({{"backups/pre-deploy-20260112-103300.sql", 3'100'000, samples::start(), true},
                             {"backups/pre-deploy-20260111-080000.sql", 0, samples::start() - 26h, false}},
                            now_there, plain));
}

TEST_CASE("check: findings with their remedies, counted") {
  const auto& environment = samples::sample_plan().environment;
  check_golden("check.txt", findings_text(environment,
                                          {{Finding::Weight::ok, "ssh", "connected in 0.31 s", ""},
                                           {Finding::Weight::warning, "exclude",
                                            "'uploads' hides files that git tracks:\nsrc/uploads/index.ts",
                                            "Write /uploads to mean only the one at the top."},
                                           {Finding::Weight::problem, "docker", "not there",
                                            "Install Docker:\napt-get install docker.io"}},
                                          plain));
  check_golden("check-ready.txt",
               findings_text(environment, {{Finding::Weight::ok, "ssh", "connected", ""}}, plain));
}

TEST_CASE("check: as JSON") {
  const auto json = findings_json(samples::sample_plan().environment,
                                  {{Finding::Weight::problem, "docker", "not there", "Install it."}});
  CHECK(json.at("environment") == "production");
  CHECK(json.at("problems") == 1);
  CHECK(json.at("findings").as_array().at(0).at("weight") == "problem");
}

TEST_CASE("plan: everything that would change") {
  Preview preview;
  preview.plan = samples::sample_plan();
  preview.facts.current_release = "20260110-090000-1c0ffee";
  preview.facts.containers = {container()};
  preview.files = {{rsync::Change::Kind::changed, "src/server.ts"},
                   {rsync::Change::Kind::added, "prisma/migrations/20260110_greeting/migration.sql"},
                   {rsync::Change::Kind::removed, "src/old.ts"}};
  preview.warnings = {"'uploads' hides src/uploads/index.ts, which git tracks"};
  preview.facts.project = ProjectFacts{.gaps = {{"app", ServiceGap::Kind::down, {3001}}}};
  check_golden("plan.txt", preview_text(preview, plain, 0));
}

TEST_CASE("plan: a long list of files is cut in the text, and whole in JSON") {
  Preview preview;
  preview.plan = samples::sample_plan();
  for (int i = 0; i < 100; ++i)
    preview.files.push_back({rsync::Change::Kind::added, "file-" + std::to_string(i)});
  CHECK(preview_text(preview, plain, 0).find("and 60 more; --json has them all") != std::string::npos);
  CHECK(preview_json(preview).at("files").as_array().size() == 100);
}

TEST_CASE("plan: every step says what it will do") {
  for (const StepName step : samples::sample_plan().steps)
    CHECK_FALSE(step_text(step, samples::sample_plan()).empty());
}

TEST_CASE("up: what runs now is told, and who still has what it shared") {
  UpAnswer answer{.containers = {container()}, .sharing = {"worker"}};
  answer.containers[0].health = "starting";
  const std::string text = up_text(answer, "production", plain);
  CHECK(text.contains(
      "backend runs, starting: crm-backend, crm-backend:20260112-103300-4f2a9c1, since 2026-01-12"));
  CHECK(text.contains("! worker uses a namespace, volume or link of the old container, which is gone\n"));
  CHECK(text.contains("belay deploy production  recreates it"));
  answer.containers[0].state = "exited";
  CHECK(up_text(answer, "production", plain).contains("backend has done its work"));
  CHECK(up_text({}, "production", plain).contains("no container"));
}

TEST_CASE("what was built here is told in one line: what was changed first, and of many only some") {
  CHECK(built_text({}) == "the commands have made no file that is shipped");
  CHECK(built_text({.files = 3, .bytes = 2048, .added = {"dist/"}, .changed = {"stamp"}}) ==
        "3 files for the release (2.0 kB): stamp (changed), dist/");
  CHECK(built_text({.files = 6, .bytes = 6, .added = {"a", "b", "c", "d", "e", "f"}, .changed = {}}) ==
        "6 files for the release (6 B): a, b, c, d, e and more");
  CHECK(built_text({.files = 1, .bytes = 1, .added = {"a\nb"}, .changed = {}}).find('\n') ==
        std::string::npos);
}
