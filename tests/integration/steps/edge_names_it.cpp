#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "host.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

const auto first = "20990101-000000-aaaaaaa";  // later than what is adopted

/// Looks the service web up once, at its start, and keeps what it found; runs a job to its end before.
constexpr auto further_services =
    "    ports: ['127.0.0.1::8000']\n"
    "  job:\n    image: busybox\n    command: [sh, -c, 'echo ran >>/runs/log']\n    volumes: [runs:/runs]\n"
    "  front:\n    image: busybox\n    expose: ['8001']\n    stop_grace_period: 0s\n"
    "    depends_on: {job: {condition: service_completed_successfully}}\n    volumes: [runs:/runs]\n"
    "    command: [sh, -c, 'cp /runs/log /before; until nslookup web >/found; do sleep 0.2; done; exec httpd "
    "-f -p 8001']\n"
    "volumes:\n  runs: {}\n";

std::unique_ptr<belay::testing::Attempt> behind_new_edge(const Host& host, Strategy strategy) {
  const auto compose_file = host.compose("exec httpd -f -p 8000", further_services);
  write_file_atomically(host.live() / "compose.yml", compose_file);
  host.by_hand({"up", "--detach"});
  auto attempt = host.deploy(first, compose_file);
  attempt->plan.environment.services = {"web", "job", "front"};
  attempt->plan.environment.edge = EdgeConfig{};
  attempt->plan.environment.strategy = strategy;
  return attempt;
}

docker::Container named(const std::vector<docker::Container>& containers, const std::string& part) {
  const auto found = std::ranges::find_if(
      containers, [&](const docker::Container& one) { return one.name.contains("-" + part + "-"); });
  REQUIRE(found != containers.end());
  return *found;
}

std::string text_in(const docker::Container& container, const std::string& file) {
  return require_output({.argv = {"docker", "exec", container.id, "cat", file}}, {},
                        Deadline::in(std::chrono::seconds(20)), "cat failed");
}

std::string address_of(const Host& host, const docker::Container& container) {
  return host.engine.inspect(container.id)->addresses.begin()->second;
}

}  // namespace

TEST_CASE("a service that looks another up at its start finds the edge that comes in, and jobs run once") {
  for (const auto strategy : {Strategy::blue_green, Strategy::recreate}) {
    CAPTURE(static_cast<int>(strategy));
    const Host host;
    const auto attempt = behind_new_edge(host, strategy);
    attempt->apply_all({StepName::build, StepName::create, StepName::edge});
    if (strategy == Strategy::blue_green) attempt->apply(StepName::start);
    attempt->apply(StepName::switch_over);
    CHECK_FALSE(attempt->context->watch->death().has_value());
    attempt->context->watch.reset();
    const auto front = named(candidates_of(*attempt->context), "front");
    const auto edge =
        named(host.engine.containers({"belay.role=edge", "belay.nonce=" + attempt->context->nonce}), "edge");
    CHECK(text_in(front, "/found").contains(address_of(host, edge)));
    // Once by hand, once as a candidate, and each time before the service that waits for it.
    CHECK(text_in(front, "/runs/log") == "ran\nran\n");
    CHECK(text_in(front, "/before") == "ran\nran\n");
  }
}

TEST_CASE(
    "a service that stands behind the edge cannot be left out of services: its ports would be nobody's") {
  const Host host;
  const auto* const serves = "exec sleep 1000";
  const auto compose_file =
      host.compose(serves, fmt::format("  admin:\n    image: busybox\n    command: [sleep, '1000']\n"
                                       "    stop_grace_period: 0s\n    labels: {{belay.host: belay-1-2}}\n"));
  write_file_atomically(host.live() / "compose.yml", compose_file);
  host.by_hand({"up", "--detach"});
  const auto before = host.containers();
  const auto attempt = host.deploy(first, compose_file);
  try {
    attempt->apply(StepName::build);
    FAIL("admin was left out");
  } catch (const Error& error) {
    CHECK(error.why().contains("admin is behind the edge"));
    CHECK(error.next().contains("add admin to services:"));
    CHECK(error.exit_code() == ExitCode::bad_input);
  }
  CHECK(host.containers() == before);
}
