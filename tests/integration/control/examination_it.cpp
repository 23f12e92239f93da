#include <doctest/doctest.h>

#include "control/findings.hpp"
#include "stand_in_host.hpp"
#include "world.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

using Weight = Finding::Weight;

const Finding* about(const std::vector<Finding>& findings, const std::string& subject) {
  for (const Finding& finding : findings)
    if (finding.subject == subject) return &finding;
  return nullptr;
}

}  // namespace

TEST_CASE("check looks at source and host, touches nothing, and gives each trouble its remedy") {
  World world;
  AppRepository app;
  app.write("app/src/uploads/list.js", "tracked\n");
  app.commit("a folder named like an exclude");
  world.environment.sync.exclude = {"uploads"};
  const auto findings = examine(app.config(), world.environment, world.watcher, {});
  for (const char* const subject :
       {"ssh", "host key", "docker", "compose", "rsync", "disk", "clock", "ports", "directory", "release"}) {
    CAPTURE(subject);
    REQUIRE(about(findings, subject) != nullptr);
    CHECK(about(findings, subject)->weight == Weight::ok);
  }
  REQUIRE(about(findings, "excludes") != nullptr);
  CHECK(about(findings, "excludes")->weight == Weight::warning);
  CHECK(holds(about(findings, "excludes")->text, "src/uploads/list.js"));
  CHECK(about(findings, "boot recovery")->weight == Weight::warning);
  // The stand-in host asks for two files; one of them is shipped.
  REQUIRE(about(findings, "build") != nullptr);
  CHECK(holds(about(findings, "build")->text, "licence.key"));
  CHECK(std::ranges::count(findings, "build", &Finding::subject) == 1);
  CHECK(about(findings, "boot recovery")->remedy != "");
  CHECK(comes_true([&] { return !fs::exists(world.live()); }));
  CHECK(world.sshd.logins() == 1);
}

TEST_CASE("check names an sshd that allows one session for each connection") {
  World world;
  AppRepository app;
  world.sshd.set("MaxSessions 1");
  const auto findings = examine(app.config(), world.environment, world.watcher, {});
  CHECK(std::ranges::any_of(findings, [](const Finding& finding) {
    return finding.subject == "ssh" && finding.weight == Weight::problem &&
           holds(finding.remedy, "MaxSessions");
  }));
}

TEST_CASE("a host that cannot be reached is a finding, and the source is looked at all the same") {
  World world;
  AppRepository app;
  world.environment.host.port = 1;
  world.environment.compose = {"docker-compose.missing.yml"};
  const auto findings = examine(app.config(), world.environment, world.watcher, {});
  REQUIRE(about(findings, "ssh") != nullptr);
  CHECK(about(findings, "ssh")->weight == Weight::problem);
  CHECK(about(findings, "docker") == nullptr);
  REQUIRE(about(findings, "compose file") != nullptr);
  CHECK(holds(about(findings, "compose file")->text, "docker-compose.missing.yml"));
}

TEST_CASE(
    "plan shows the steps and the files of a first deployment, and warns that there is nothing to go back "
    "to") {
  World world;
  AppRepository app;
  const Preview found = preview(app.config(), world.environment, "HEAD", false, world.watcher, {});
  CHECK(found.plan.steps.front() == StepName::preflight);
  CHECK(found.plan.commit.subject == "first");
  CHECK(found.facts.docker_version == stand_in_docker);
  CHECK(found.files.size() == 3);
  CHECK(std::ranges::any_of(found.files,
                            [](const rsync::Change& change) { return change.path.ends_with("index.js"); }));
  CHECK(std::ranges::any_of(
      found.warnings, [](const std::string& line) { return holds(line, "no release to roll back to"); }));
  CHECK(comes_true([&] { return !fs::exists(world.live()); }));
}
