#include "model/host_facts.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "model/up_request.hpp"

using namespace belay;

namespace {

const Time noon = parse_iso8601("2026-01-12T12:00:00.000Z");

RunningContainer container() {
  return {.service = "backend",
          .name = "crm-backend",
          .id = "0af3",
          .image = "crm:1",
          .state = "running",
          .release = "20260112-103300-4f2a9c1",
          .started = noon,
          .restarts = 2,
          .health = "healthy"};
}

}  // namespace

TEST_CASE("facts about a host read back as they were written") {
  HostFacts facts;
  facts.clock = noon;
  facts.docker_version = "20.10";
  facts.compose_version = "2.26";
  facts.rsync_version = "3.2.7";
  facts.docker_problem = "none";
  facts.docker_next = "nothing to do";
  facts.buildx_version = "0.29.1";
  facts.path_exists = facts.path_writable = facts.busy = true;
  facts.bytes_free = 18'000'000'000'000'000'000u;
  facts.inodes_free = 7;
  facts.boot_recovery = "systemd";
  facts.current_release = "r1";
  facts.releases = {"r1", "r0"};
  facts.containers = {container()};
  facts.backup_container_state = "absent";
  facts.project = ProjectFacts{.name = "shop",
                               .obstacles = {{"ports", "3001 by x", "stop it", {}, "compose.yml:7:5"}},
                               .ports = {3001}};
  facts.project->accessories = {{"db", "db differs", "belay up production db"}};
  facts.project->gaps = {{"web", ServiceGap::Kind::held, {3001}}};
  facts.project->switches = {
      {"20260112-120000-aaaaaaa", std::chrono::milliseconds(640), std::chrono::seconds(4)}};
  facts.project->old_files = {{"web", "web has an old file", "docker compose restart web"}};
  facts.live_compose_hash = "ab";
  facts.edge_image_there = false;
  facts.certificates = {{.file = "a.pem", .names = {"crm.example.com"}, .until = noon, .problem = "none"}};
  const auto written = facts_to_json(facts);
  const HostFacts back = facts_from_json(written);
  CHECK(boost::json::serialize(facts_to_json(back)) == boost::json::serialize(written));
  CHECK(back.bytes_free == facts.bytes_free);
  CHECK(back.backup_container_state == "absent");
  CHECK(back.containers.at(0).started == noon);
  CHECK(back.containers.at(0).restarts == 2);
  CHECK(back.busy);
  CHECK(back.docker_next == "nothing to do");
  CHECK(back.buildx_version == "0.29.1");
  CHECK(back.project->obstacles.at(0).place == "compose.yml:7:5");
  CHECK(back.project->accessories.at(0).remedy == "belay up production db");
  CHECK(back.project->gaps.at(0).kind == ServiceGap::Kind::held);
  CHECK(back.project->gaps.at(0).ports == std::vector{3001});
  CHECK(back.project->switches.at(0).took == std::chrono::milliseconds(640));
  CHECK(back.project->switches.at(0).proven == std::chrono::seconds(4));
  CHECK(back.project->old_files.at(0).what == "web has an old file");
  CHECK(back.edge_image_there == false);
  CHECK(back.certificates.at(0).names == std::vector<std::string>{"crm.example.com"});
}

TEST_CASE("a question that was not asked has no answer") {
  CHECK_FALSE(facts_from_json(facts_to_json({})).backup_container_state.has_value());
}

TEST_CASE("a host's status reads back as it was written") {
  HostStatus status;
  status.current.emplace().id = "r1";
  status.containers = {container()};
  status.healthy = true;
  status.health = "GET answered 200";
  status.open_run = "r2";
  status.certificates = {{.file = "a.pem", .taken_up = true}};
  status.bytes_free = 5;
  status.bytes_used_by_belay = 6;
  const auto written = status_to_json(status);
  CHECK(boost::json::serialize(status_to_json(status_from_json(written))) == boost::json::serialize(written));
  CHECK(status_from_json(written).current->id == "r1");
  CHECK_FALSE(status_from_json(status_to_json({})).current.has_value());
}

TEST_CASE("what became of reloaded certificates is told in a line, and reads back as it was written") {
  const EdgeCertificate taken{
      .file = "a.pem", .names = {"crm.example.com", "example.com"}, .until = noon, .taken_up = true};
  const auto back = certificates_from_json(certificates_to_json({taken}));
  REQUIRE(back.size() == 1);
  CHECK(reloaded_text(back[0]) ==
        "crm.example.com, example.com, until " + iso8601(noon).substr(0, 10) + ": taken up");
}

TEST_CASE("backups and releases read back as they were written") {
  const auto backups =
      backups_from_json(backups_to_json({{"/b/one.sql", 12, noon, true}, {"/b/two.sql", 0, {}, false}}));
  REQUIRE(backups.size() == 2);
  CHECK(backups[0].path == "/b/one.sql");
  CHECK(backups[0].bytes == 12);
  CHECK(backups[0].taken == noon);
  CHECK(backups[0].verified);
  CHECK_FALSE(backups[1].verified);

  Release release;
  release.id = "r1";
  const auto kept =
      releases_from_json(releases_to_json({{release}, "r1", {{"r1", "its image was removed"}}}));
  REQUIRE(kept.releases.size() == 1);
  CHECK(kept.releases[0].id == "r1");
  CHECK(kept.current == "r1");
  CHECK(kept.lost.at("r1") == "its image was removed");
}

TEST_CASE("an answer of another shape is an error that names the place") {
  CHECK_THROWS_WITH_AS(backups_from_json({{"backups", {{{"path", "/x"}}, {{"path", 3}}}}}),
                       "cannot read backups.backups[1].path", Error);
  CHECK_THROWS_WITH_AS(releases_from_json({}), "cannot read releases.releases", Error);
}

TEST_CASE("a request to make a service anew and its answer read back as they were written") {
  const auto request = up_request_from_json(up_request_to_json({.environment = {.name = "production"},
                                                                .service = "db",
                                                                .by = {"ana", "laptop"},
                                                                .logins = {{"ghcr.io", "ana", "secret"}}}));
  CHECK(request.environment.name == "production");
  CHECK(request.service == "db");
  CHECK(request.by.shown() == "ana@laptop");
  CHECK(request.logins.at(0).password == "secret");
  const auto answer =
      up_answer_from_json(up_answer_to_json({.containers = {container()}, .sharing = {"worker"}}));
  CHECK(answer.containers.at(0).started == noon);
  CHECK(answer.sharing == std::vector<std::string>{"worker"});
}
