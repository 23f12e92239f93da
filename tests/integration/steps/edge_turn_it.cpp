#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/process.hpp"
#include "host.hpp"
#include "model/labels.hpp"
#include "steps/attempt_edge.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

using haproxy::Server;

const auto first = "20260101-000000-aaaaaaa", second = "20260102-000000-bbbbbbb",
           third = "20260103-000000-ccccccc";

/// A release that listens on two ports, ready beside what serves.
std::unique_ptr<belay::testing::Attempt> ready(const Host& host, const std::string& release) {
  auto attempt = host.deploy(release, host.compose("httpd -p 8001; exec httpd -f -p 8000",
                                                   fmt::format("    ports: ['127.0.0.1::8000']\n"
                                                               "    expose: ['8001']\n"
                                                               "    environment: {{VERSION: {}}}\n",
                                                               release)));
  attempt->plan.environment.edge = EdgeConfig{};
  attempt->plan.environment.strategy = Strategy::blue_green;
  attempt->apply_all({StepName::build, StepName::create, StepName::edge, StepName::start});
  return attempt;
}

void serve(const Host& host, const std::string& release) {
  const auto attempt = ready(host, release);
  attempt->apply(StepName::switch_over);
  attempt->context->watch.reset();
  attempt->apply(StepName::settle);
}

/// Where the only container of that attempt stands behind the edge.
std::vector<Server> seats_of(const Context& context, const docker::Container& container) {
  auto servers = runtime_of(context.layout, edge_in_front(context)).servers();
  std::erase_if(servers,
                [&](const Server& server) { return server.host != container.labels.at(label::host); });
  return servers;
}

bool all(const std::vector<Server>& seats, Server::State state) {
  return seats.size() == 2 &&
         std::ranges::all_of(seats, [&](const Server& seat) { return seat.state == state; });
}

std::pair<std::string, std::string> network_and_address(const Host& host, const std::string& container) {
  return *host.engine.inspect(container)->addresses.begin();
}

}  // namespace

TEST_CASE("what was stopped beside the candidate runs when the edge is turned back to it") {
  const Host host;
  serve(host, first);
  const auto attempt = ready(host, second);
  auto& context = *attempt->context;
  attempt->apply(StepName::switch_over);
  context.watch.reset();
  host.engine.stop(host.name());  // as Docker does with what it finds when it comes back
  attempt->undo(StepName::switch_over);
  const auto current = previous_behind_edge(context).front();
  CHECK(current.running());
  CHECK(all(seats_of(context, current), Server::State::ready));
}

TEST_CASE(
    "each port is turned to where the candidate is, whoever has the address that its slot knew, and back") {
  const Host host;
  serve(host, first);
  const auto [network, once] = network_and_address(host, host.name());
  serve(host, second);
  const auto stranger = host.name() + "-stranger";
  require_output({.argv = {"docker", "run", "--detach", "--name", stranger, "--network", network, "busybox",
                           "sleep", "1000"}},
                 {}, Deadline::in(std::chrono::seconds(60)), "a stranger does not start");
  REQUIRE(network_and_address(host, stranger).second == once);

  const auto attempt = ready(host, third);
  auto& context = *attempt->context;
  const auto candidate = candidates_of(context).front();
  const auto current = previous_behind_edge(context).front();
  attempt->apply(StepName::switch_over);
  context.watch.reset();
  const auto turned = seats_of(context, candidate);
  CHECK(all(turned, Server::State::ready));
  for (const auto& seat : turned) CHECK(seat.address == network_and_address(host, candidate.id).second);
  CHECK(all(seats_of(context, current), Server::State::drain));

  attempt->undo(StepName::switch_over);
  CHECK(all(seats_of(context, candidate), Server::State::maintenance));
  CHECK(all(seats_of(context, current), Server::State::ready));
}
