#include "control/checks.hpp"

#include <functional>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace belay;
using namespace std::chrono_literals;
using Weight = Finding::Weight;

namespace {

HostFacts good() {
  HostFacts facts;
  facts.docker_version = "20.10.24";
  facts.compose_version = "2.26.1";
  facts.rsync_version = "3.2.7";
  facts.path_exists = facts.path_writable = true;
  facts.bytes_free = 50'000'000'000;
  facts.inodes_free = 1'000'000;
  facts.boot_recovery = "systemd";
  facts.backup_container_state = "running";
  return facts;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("versions are compared as numbers, part by part") {
  CHECK(at_least("20.10.24", "20.10"));
  CHECK(at_least("20.10", "20.10"));
  CHECK(at_least("29.0.1", "20.10"));
  CHECK(!at_least("20.9.9", "20.10"));
  CHECK(at_least("2.26.1-desktop.1", "2.20"));
  CHECK(!at_least("2.3.0", "2.20"));
  CHECK(!at_least("", "2.20"));
  CHECK(!at_least("dev", "2.20"));
}

TEST_CASE("a good host has no warnings, and no remedies") {
  const HostFacts facts = good();
  for (const Finding& finding :
       {checked_docker(facts), checked_compose(facts), checked_rsync(facts.rsync_version, "on the host"),
        checked_path(facts, "/srv/app"), checked_disk(facts, 1'000'000), checked_clock(20ms, 5ms),
        *checked_ports({.ports = {3001}}),
        checked_backup(facts, {.container = "db", .user = {}, .database = {}}),
        checked_boot_recovery(facts, "production"), checked_releases(facts), checked_excludes({})}) {
    CAPTURE(finding.subject);
    CHECK(finding.weight == Weight::ok);
    CHECK(finding.remedy.empty());
    CHECK(!finding.text.empty());
  }
}

TEST_CASE("each thing that is wrong is a problem with a remedy") {
  HostFacts facts = good();
  facts.docker_version = "19.03.1";
  facts.compose_version = "";
  facts.path_writable = false;
  facts.bytes_free = 100'000'000;
  facts.backup_container_state = "absent";
  for (const Finding& finding :
       {checked_docker(facts), checked_compose(facts), checked_rsync("", "here"),
        checked_path(facts, "/srv/app"), checked_disk(facts, 0),
        checked_backup(facts, {.container = "crm-postgres", .user = {}, .database = {}})}) {
    CAPTURE(finding.subject);
    CHECK(finding.weight == Weight::problem);
    CHECK(!finding.remedy.empty());
  }
  CHECK(holds(checked_backup(facts, {.container = "crm-postgres", .user = {}, .database = {}}).text,
              "crm-postgres"));
}

TEST_CASE("a stopped database is told apart from a missing one") {
  HostFacts facts = good();
  facts.backup_container_state = "exited";
  const Finding finding = checked_backup(facts, {.container = "crm-postgres", .user = {}, .database = {}});
  CHECK(holds(finding.text, "exited"));
  CHECK(holds(finding.remedy, "docker start crm-postgres"));
}

TEST_CASE("free disk is judged by a floor and by the source's size") {
  HostFacts facts = good();
  facts.bytes_free = 2'000'000'000;
  CHECK(checked_disk(facts, 0).weight == Weight::ok);
  CHECK(checked_disk(facts, 300'000'000).weight == Weight::warning);
  CHECK(checked_disk(facts, 1'000'000'000).weight == Weight::problem);
  facts.inodes_free = 12;
  CHECK(checked_disk(facts, 0).weight == Weight::problem);
}

TEST_CASE("a clock more than five seconds off is a warning, in either direction; a slow line is not") {
  CHECK(checked_clock(5000ms, 0ms).weight == Weight::ok);
  CHECK(checked_clock(5500ms, 0ms).weight == Weight::warning);
  CHECK(holds(checked_clock(60s, 0ms).text, "ahead of"));
  CHECK(holds(checked_clock(-60s, 0ms).text, "behind"));
  CHECK(checked_clock(7000ms, 2500ms).weight == Weight::ok);
}

TEST_CASE(
    "the edge's image may come later; a certificate that is over, or soon, is a warning, one that cannot be "
    "used a problem") {
  HostFacts facts = good();
  CHECK(checked_edge(facts, {}).empty());
  facts.edge_image_there = false;
  REQUIRE(checked_edge(facts, {}).size() == 1);
  CHECK(checked_edge(facts, {}).front().weight == Weight::warning);
  CHECK(holds(checked_edge(facts, {}).front().remedy, "docker pull haproxy:"));
  facts.edge_image_there = true;
  CHECK(checked_edge(facts, {}).front().weight == Weight::ok);
  facts.project.emplace().ports = {80, 443, 1883};
  CHECK(holds(checked_edge(facts, {.tcp = {443, 1883}}).front().text, "it speaks HTTP on 80"));
  CHECK_FALSE(holds(checked_edge(facts, {.tcp = {80, 443, 1883}}).front().text, "HTTP"));
  const auto weight = [&](const EdgeCertificate& certificate) {
    facts.certificates = {certificate};
    return checked_edge(facts, {}).back().weight;
  };
  CHECK(weight({.file = "a.pem", .names = {"x"}, .until = facts.clock + 15 * 24h}) == Weight::ok);
  CHECK(weight({.file = "a.pem", .names = {"x"}, .until = facts.clock + 13 * 24h}) == Weight::warning);
  CHECK(weight({.file = "a.pem", .names = {"x"}, .until = facts.clock - 1h}) == Weight::warning);
  CHECK(weight({.file = "a.pem", .problem = "there is no a.pem"}) == Weight::problem);
}

TEST_CASE("missing boot recovery and hidden files are warnings that name what to do") {
  HostFacts facts = good();
  facts.boot_recovery = "";
  CHECK(checked_boot_recovery(facts, "production").weight == Weight::warning);
  CHECK(holds(checked_boot_recovery(facts, "production").remedy, "belay host install production"));
  const Finding hidden = checked_excludes({"src/uploads/a.ts (excluded by uploads)"});
  CHECK(hidden.weight == Weight::warning);
  CHECK(holds(hidden.text, "src/uploads/a.ts"));
  const Finding many = checked_excludes(std::vector<std::string>(25, "x"));
  CHECK(holds(many.text, "and 15 more"));
}

TEST_CASE("of the project the cause is said once, with its cure") {
  const ProjectFacts fine{.name = "shop", .files = {"compose.yml"}, .services = {"web"}};
  REQUIRE(checked_project(fine).size() == 1);
  CHECK(checked_project(fine).front().weight == Weight::ok);
  CHECK_FALSE(has_problem(checked_project(fine)));
  const auto broken = checked_project({.problem = "no service wbe", .next = "did you mean web?"});
  REQUIRE(broken.size() == 1);
  CHECK(broken.front().weight == Weight::problem);
  CHECK(has_problem(broken));
  CHECK(broken.front().remedy == "did you mean web?");
  ProjectFacts stale = fine;
  stale.accessories = {{"db", "db (not released) differs from the compose file", "belay up production db"}};
  REQUIRE(checked_project(stale).size() == 2);
  CHECK(checked_project(stale)[1].weight == Weight::warning);
  CHECK_FALSE(has_problem(checked_project(stale)));
  CHECK(holds(checked_project(stale)[1].text, "db (not released)"));
  CHECK(holds(checked_project(stale)[1].remedy, "after the deployment:  belay up production db"));
  ProjectFacts crowded = fine;
  crowded.warnings = {"TAG is not set"};
  crowded.obstacles = {
      {"project", "container shop-web-1 is of compose project shop in /srv/other/shop", "a name"},
      {"ports", "taken by others: 3001 by container other", "stop it", {}, "compose.yml:7:5"}};
  const auto found = checked_project(crowded);
  REQUIRE(found.size() == 4);
  CHECK(found[1].weight == Weight::warning);
  CHECK(found[2].weight == Weight::problem);
  CHECK(has_problem(found));
  CHECK(holds(found[2].text, "/srv/other/shop"));
  CHECK(found[3].subject == "ports");
  CHECK(found[3].text == "compose.yml:7:5: taken by others: 3001 by container other");
  CHECK(found[3].remedy == "stop it");
  CHECK(!checked_ports(crowded));
}

TEST_CASE("a kept release whose image others removed is said before it is needed") {
  HostFacts facts = good();
  facts.current_release = "r2";
  facts.lost = {{"r1", "cannot be brought back: the image of web (shop:r1) was removed"}};
  const Finding found = checked_releases(facts);
  CHECK(found.weight == Weight::warning);
  CHECK(holds(found.text, "r1: cannot be brought back"));
  CHECK(holds(found.remedy, "prune"));
}

TEST_CASE("a file of the server's that a build copies is a warning of its own, with its own cure") {
  const auto found = checked_project({.name = "shop",
                                      .files = {"compose.yml"},
                                      .services = {"web"},
                                      .wanted = {{"Dockerfile", "licence.key"}}});
  REQUIRE(found.size() == 2);
  CHECK(found[1].weight == Weight::warning);
  CHECK(holds(found[1].text, "licence.key"));
  CHECK(holds(found[1].remedy, "build: { with: [licence.key] }"));
}

TEST_CASE("files that a failure names, as compilers and runtimes write them") {
  const std::vector<std::string> hidden{"src/uploads/limits.ts (excluded by uploads)",
                                        "src/uploads/deep/index.js", "logs.conf (excluded by *.conf)",
                                        "docs/logs/readme.md"};
  const auto named = [&](const std::string& why, std::vector<std::string> log = {}) {
    return named_in_failure(
        hidden, {.step = StepName::build, .message = "failed", .why = why, .container_log = std::move(log)});
  };
  CHECK(named("src/app.ts(3,24): error TS2307: Cannot find module './uploads/limits.js'") ==
        std::vector<std::string>{hidden[0]});
  CHECK(named("COPY failed: file not found in build context: logs.conf") ==
        std::vector<std::string>{hidden[2]});
  CHECK(named("exit 1", {"Error: Cannot find module '/app/src/uploads/deep/index.js'"}) ==
        std::vector<std::string>{"src/uploads/deep/index.js"});
  CHECK(named("Cannot find module './limits.js'; see logs, readme").empty());
}

TEST_CASE("a builder that is older than compose builds with is refused by its name") {
  struct Row {
    const char *compose, *buildx, *refused;
  };
  for (const auto& row : {
           Row{"2.40.3", "0.16.2", "buildx 0.16.2 is too old: Compose 2.40.3 builds with 0.17 or newer"},
           Row{"5.0.0", "0.9.1", "buildx 0.9.1 is too old: Compose 5.0.0 builds with 0.17 or newer"},
           Row{"2.40.3", "0.17.0", ""}, Row{"2.40.3", "0.29.1", ""},
           Row{"2.26.1", "0.9.1", ""},  // it has a builder of its own
           Row{"2.40.3", "", ""},       // so it has without the plugin
       }) {
    HostFacts facts = good();
    facts.compose_version = row.compose;
    facts.buildx_version = row.buildx;
    const auto found = checked_buildx(facts);
    CHECK((found ? found->text : "") == row.refused);
    CHECK((!found || found->weight == Weight::problem));
  }
}

TEST_CASE("a builder is held against a host only where something is built, or nobody knows") {
  HostFacts facts = good();
  facts.compose_version = "2.40.3";
  facts.buildx_version = "0.16.2";
  CHECK(checked_buildx(facts));
  facts.project = ProjectFacts{.name = "shop", .services = {"web"}};
  CHECK(!checked_buildx(facts));
  facts.project->builds = true;
  CHECK(checked_buildx(facts));
  facts.project = ProjectFacts{.problem = "services.web: bad"};
  CHECK(checked_buildx(facts));
}

TEST_CASE(
    "what is held against a host refuses the deployment, each with its own words and nothing invented") {
  struct Row {
    const char* name;
    std::function<void(HostFacts&)> is_wrong;
    const char* subject;  // of the only problem; empty: none
  };
  const auto without_docker = [](const char* version) {
    return [=](HostFacts& facts) {
      facts.docker_version = version;
      facts.docker_problem = "cannot be used";
      facts.compose_version = *version == 0 ? "" : "2.40.3";
      facts.backup_container_state.reset();
      facts.project.reset();
    };
  };
  for (const auto& row : std::vector<Row>{
           {"good", [](HostFacts&) {}, ""},
           {"Podman", without_docker(""), "docker"},
           {"Docker from Snap", without_docker("27.2.0"), "docker"},
           {"an old Docker", [](HostFacts& facts) { facts.docker_version = "19.03.1"; }, "docker"},
           {"an old Compose", [](HostFacts& facts) { facts.compose_version = "2.3.0"; }, "compose"},
           {"an old buildx",
            [](HostFacts& facts) {
              facts.compose_version = "2.40.3";
              facts.buildx_version = "0.9.1";
            },
            "buildx"},
           {"no rsync", [](HostFacts& facts) { facts.rsync_version = ""; }, "rsync"},
           {"no right to write", [](HostFacts& facts) { facts.path_writable = false; }, "directory"},
           {"a full disk", [](HostFacts& facts) { facts.bytes_free = 1'000'000; }, "disk"},
           {"a container that is away",
            [](HostFacts& facts) { facts.project->obstacles = {{"network", "x", "y"}}; }, "network"},
           {"no database", [](HostFacts& facts) { facts.backup_container_state = "absent"; }, "backup"},
           {"a certificate that is away",
            [](HostFacts& facts) { facts.certificates = {{.file = "a.pem", .problem = "is not there"}}; },
            "certificate"},
       }) {
    CAPTURE(row.name);
    EnvironmentConfig environment;
    environment.path = "/srv/app";
    environment.edge = EdgeConfig{};
    environment.backup = PostgresBackup{.container = "db", .user = {}, .database = {}};
    HostFacts facts = good();
    facts.project = ProjectFacts{.name = "shop", .services = {"web"}, .builds = true};
    row.is_wrong(facts);
    std::vector<std::string> problems;
    for (const auto& finding : checked_host(environment, facts, 0))
      if (finding.weight == Weight::problem) problems.push_back(finding.subject);
    CHECK(problems ==
          (*row.subject == 0 ? std::vector<std::string>{} : std::vector<std::string>{row.subject}));
  }
}

TEST_CASE("what is wrong with Docker is told in its own words, with its own cure") {
  HostFacts facts = good();
  facts.docker_problem = "what answers at /run/docker.sock is Podman";
  facts.docker_next = "install Docker";
  CHECK(checked_docker(facts).text == "what answers at /run/docker.sock is Podman");
  CHECK(checked_docker(facts).remedy == "install Docker");
  facts.docker_next.clear();
  CHECK(checked_docker(facts).remedy.contains("group docker"));
}
