#include <algorithm>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/error.hpp"
#include "host.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

const auto first = "20260101-000000-aaaaaaa";
const auto second = "20260101-000001-bbbbbbb";
constexpr auto serves = "exec sleep 1000";

/// What a step said, and how it failed; empty: it did not.
struct Tried {
  std::string failure, said, at_fault;
};

Tried tried(belay::testing::Attempt& attempt, const std::vector<StepName>& steps) {
  Tried found;
  try {
    attempt.apply_all(steps);
  } catch (const Error& error) {
    found.failure = error.message() + "|" + error.why();
  }
  attempt.context->watch.reset();
  for (const auto& line : attempt.ledger.lines) found.said += line + "\n";
  found.at_fault = attempt.context->at_fault;
  return found;
}

Tried deployed(const Host& host, const std::string& compose_file) {
  const auto attempt = host.deploy(first, compose_file);
  return tried(*attempt, up_to(StepName::verify));
}

Tried migrated(const Host& host, const std::string& more, const MigrationRule& rule) {
  const auto attempt = host.deploy(first, host.compose(serves, more));
  attempt->plan.environment.migrate = {rule};
  return tried(*attempt, {StepName::build, StepName::create, StepName::migrate});
}

}  // namespace

TEST_CASE("a container that dies once is started again as its policy says, and its last words are told") {
  const Host host;
  const auto found = deployed(
      host, host.compose("test -e /came || { touch /came; echo no database yet; exit 1; }; exec sleep 1000"));
  CHECK(found.failure == "");
  CHECK(found.said.contains("exited with code 1; started again, since its restart policy is always"));
  CHECK(found.said.contains("no database yet"));
}

TEST_CASE("a crash loop is given up, and the one that died is named") {
  const Host host;
  const auto found = deployed(host, host.compose("exit 7"));
  CHECK(found.failure.contains("exited with code 7; it died 5 times"));
  CHECK(host.engine.inspect(found.at_fault)->container.name.starts_with(host.name()));
}

TEST_CASE("an application that dies until its database is up, which takes longer than a crash loop may") {
  const Host host;
  const auto database =
      "  db:\n    image: busybox\n    command: [sh, -c, 'sleep 6; touch /shared/up; exec sleep 1000']\n"
      "    stop_grace_period: 0s\n    volumes: ['shared:/shared']\nvolumes: {shared: {}}\n";
  const auto found = deployed(
      host, host.compose("test -e /shared/up || exit 1; exec sleep 1000",
                         fmt::format("    volumes: ['shared:/shared']\n    depends_on: [db]\n{}", database)));
  CHECK(found.failure == "");
}

TEST_CASE("one that dies until the health check's patience is over is told with the number of its deaths") {
  const Host host;
  const auto attempt =
      host.deploy(first, host.compose("echo >> /lives; exit $$((1 + $$(wc -l < /lives) % 2))"));
  attempt->plan.environment.health.attempts = 2;
  attempt->plan.environment.health.interval = std::chrono::seconds(1);
  const auto found = tried(*attempt, up_to(StepName::verify));
  CHECK(found.failure.contains("times while it was tried, and exited with code"));
}

TEST_CASE("what an unhealthy container's HEALTHCHECK said is in the failure") {
  const Host host;
  const auto found = deployed(
      host,
      host.compose(serves,
                   "    healthcheck: {test: 'echo curl is missing; exit 1', interval: 1s, retries: 1}\n"));
  CHECK(found.failure.contains("unhealthy"));
  CHECK(found.failure.contains("exit code 1: curl is missing"));
}

TEST_CASE("a port that is only exposed may stay silent") {
  const Host host;
  CHECK(deployed(host, host.compose(serves, "    expose: ['8000']\n")).failure == "");
}

TEST_CASE("a published port may stay silent, over TCP and UDP, if it did so before; the finding says so") {
  const Host host;
  const auto* const ports = "    ports: ['127.0.0.1::8000', '127.0.0.1::8000/udp']\n";
  for (const auto* const release : {first, second}) {
    const auto attempt =
        host.deploy(release, host.compose(serves, ports + fmt::format("    labels: {{r: {}}}\n", release)));
    CHECK(tried(*attempt, up_to(StepName::verify)).failure == "");
    CHECK(noted<notes::HealthFinding>(attempt->ledger)->value.contains("no port that"));
    attempt->apply_all({StepName::settle});
  }
}

TEST_CASE("a published port that accepted before has to accept again") {
  const Host host;
  const auto* const ports = "    ports: ['127.0.0.1::8000']\n";
  const auto attempt = host.deploy(first, host.compose("exec httpd -f -p 8000", ports));
  CHECK(tried(*attempt, up_to(StepName::verify)).failure == "");
  attempt->apply_all({StepName::settle});
  const auto next = host.deploy(second, host.compose(serves, ports));
  next->plan.environment.health.attempts = 2;
  next->plan.environment.health.interval = std::chrono::milliseconds(500);
  CHECK(tried(*next, up_to(StepName::verify)).failure.contains("no port that"));
}

TEST_CASE("a migration goes through the entrypoint, with any logging driver, to its end") {
  const Host host;
  const auto* const more =
      "    entrypoint: [sh, -c, 'export URL=postgres; exec \"$$@\"', sh]\n    logging: {driver: none}\n";
  const auto by_shell = migrated(host, more, {.command = "sleep 1; echo \"url is $URL\"; echo done"});
  CHECK(by_shell.failure == "");
  CHECK(by_shell.said.contains("url is postgres\ndone\n"));
}

TEST_CASE("a list of words needs no shell, and the entrypoint can be left out") {
  const Host host;
  const auto* const more = "    entrypoint: [sh, -c, 'exit 9', sh]\n";
  const auto left_out = migrated(host, more, {.words = {"echo", "two  words", "$URL"}, .entrypoint = false});
  CHECK(left_out.failure == "");
  CHECK(left_out.said.contains("two  words $URL\n"));
}

TEST_CASE("a migration that fails says its exit code and its last words") {
  const Host host;
  const auto found = migrated(host, "", {.command = "echo relation missing >&2; exit 3"});
  CHECK(found.failure.contains("exit code 3"));
  CHECK(found.failure.contains("relation missing"));
}

TEST_CASE("a service without containers has none to migrate in, which is said") {
  const Host host;
  const auto found = migrated(host, "    deploy: {replicas: 0}\n", {.command = "true"});
  CHECK(found.failure.contains("no released service has a container to migrate in"));
}
