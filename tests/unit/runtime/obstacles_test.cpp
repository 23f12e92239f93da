#include "runtime/obstacles.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "runtime/edge_fit.hpp"

using namespace belay;
namespace json = boost::json;

namespace {

docker::Container publishing(const std::string& name, std::vector<HostPort> ports) {
  docker::Container container;
  container.name = name;
  container.published = std::move(ports);
  return container;
}

}  // namespace

TEST_CASE("a port is taken by another's container, or by a program; never by what is ours") {
  const std::vector<HostPort> wanted{{"", 3001}, {"127.0.0.1", 5432}, {"", 53, true}};
  CHECK(ports_of_others(wanted, {}, {}, {}).empty());
  // The Engine listens for the containers of its own.
  const std::vector<HostPort> listening{{"0.0.0.0", 3001}, {"::", 3001}};
  CHECK(ports_of_others(wanted, {}, {publishing("shop-web-1", {{"0.0.0.0", 3001}})}, listening).empty());
  CHECK(ports_of_others(wanted, {}, {publishing("shop-web-1", {})}, listening) ==
        std::vector<std::string>{"3001 by another program"});
  CHECK(ports_of_others(wanted, {publishing("blog", {{"0.0.0.0", 3001}, {"0.0.0.0", 80}})}, {}, listening) ==
        std::vector<std::string>{"3001 by container blog"});
  CHECK(ports_of_others(wanted, {publishing("db", {{"10.0.0.1", 5432}})}, {}, {{"127.0.0.53", 53, true}}) ==
        std::vector<std::string>{"53/udp by another program"});
}

TEST_CASE("all obstacles are said at once, each with its cure") {
  require_no_obstacles({});
  try {
    require_no_obstacles(
        {{"ports", "3001 by container blog", "stop it"}, {"network", "web is not there", "make it"}});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.why() == "ports: 3001 by container blog\nnetwork: web is not there");
    CHECK(error.next() == "stop it\nmake it");
    CHECK(error.exit_code() == ExitCode::bad_input);
  }
}

TEST_CASE("what must not run twice is released, and publishes no port that the edge would have") {
  const auto model = json::parse(R"({"name":"shop","services":{
      "web":{"ports":[{"target":80,"published":"8080"}]},"worker":{},"db":{}}})")
                         .as_object();
  const std::vector<std::string> released{"web", "worker"};
  const auto said = [&](std::vector<std::string> replaced, Strategy strategy) {
    EnvironmentConfig environment{
        .name = "production", .strategy = strategy, .replaced = std::move(replaced)};
    std::vector<std::string> sentences;
    for (const auto& obstacle : obstacles_of_strategy(environment, model, released))
      sentences.push_back(obstacle.what);
    return sentences;
  };
  CHECK(said({"worker"}, Strategy::blue_green).empty());
  CHECK(said({"wroker"}, Strategy::blue_green) ==
        std::vector<std::string>{"wroker is not among what is released"});
  CHECK(said({"db"}, Strategy::canary) == std::vector<std::string>{"db is not among what is released"});
  CHECK(said({"web"}, Strategy::blue_green) ==
        std::vector<std::string>{"web publishes a port: the edge has it, and turns it with all others"});
  CHECK(said({"web"}, Strategy::recreate).empty());  // so are all
}

TEST_CASE("no edge stands in front of what publishes another protocol than TCP, or has another's network") {
  const auto model = json::parse(R"({"name":"shop","services":{
      "web":{"ports":[{"target":80,"published":"8080","protocol":"tcp"},{"target":81}]},
      "dns":{"ports":[{"target":53,"protocol":"tcp"},{"target":53,"published":"53","protocol":"udp"}]},
      "agent":{"network_mode":"host"},"side":{"network_mode":"service:web"},"near":{"network_mode":"bridge"},
      "none":{"network_mode":"none","deploy":{"replicas":0}},"left":{"network_mode":"none"}}})")
                         .as_object();
  CHECK(unfit_for_edge(model, {"web", "near", "none"}).empty());
  const auto found = unfit_for_edge(model, {"web", "dns", "agent", "side"});
  REQUIRE(found.size() == 3);
  CHECK(found[0].what ==
        "it cannot stand in front of service dns, which publishes 53/udp: HAProxy passes on TCP");
  CHECK(found[1].what ==
        "it cannot stand in front of service agent, which has no network of its own (network_mode: host)");
  CHECK(found[2].what ==
        "it cannot stand in front of service side, which has no network of its own (network_mode: "
        "service:web)");
}
