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
  using Ports = std::vector<HostPort>;
  struct Row {
    const char* shows;
    PortChoice wanted;
    Ports others, own, listening;
    const char* said;
  };
  const Ports three{{"", 8000}, {"", 8001}, {"", 8002}};
  for (const auto& row : {
           Row{"a free port", {{"", 3001}}, {}, {}, {}, ""},
           Row{"a program",
               {{"", 3001}},
               {},
               {},
               {{"0.0.0.0", 3001}, {"::", 3001}},
               "3001 by another program"},
           Row{"the Engine, for what is ours",
               {{"", 3001}},
               {},
               {{"0.0.0.0", 3001}},
               {{"0.0.0.0", 3001}, {"::", 3001}},
               ""},
           Row{"the Engine, for the other one",
               {{"", 80}},
               {{"0.0.0.0", 80}},
               {},
               {{"0.0.0.0", 80}},
               "80 by container blog"},
           Row{"another address of the other one", {{"127.0.0.1", 5432}}, {{"10.0.0.1", 5432}}, {}, {}, ""},
           Row{"a resolver beside port 443",
               {{"10.0.0.2", 443}},
               {},
               {},
               {{"127.0.0.53", 53, "udp"}, {"127.0.0.53", 53}},
               ""},
           Row{"a resolver beside another address",
               {{"10.0.0.2", 53, "udp"}},
               {},
               {},
               {{"127.0.0.53", 53, "udp"}},
               ""},
           Row{"a resolver in the way",
               {{"", 53, "udp"}},
               {},
               {},
               {{"127.0.0.53", 53, "udp"}},
               "53/udp by another program"},
           Row{"the same number of the other protocol", {{"", 53}}, {}, {}, {{"127.0.0.53", 53, "udp"}}, ""},
           Row{"every address is wanted, one is taken",
               {{"0.0.0.0", 80}},
               {},
               {},
               {{"10.0.0.2", 80}},
               "80 by another program"},
           Row{"one is wanted, every one is taken",
               {{"10.0.0.2", 80}},
               {},
               {},
               {{"0.0.0.0", 80}},
               "10.0.0.2:80 by another program"},
           Row{"[::] has IPv4, too",
               {{"10.0.0.2", 80}},
               {},
               {},
               {{"::", 80}},
               "10.0.0.2:80 by another program"},
           Row{"IPv4 alone is no IPv6", {{"::1", 80}}, {}, {}, {{"0.0.0.0", 80}}, ""},
           Row{"ours has one address, a program another",
               {{"", 80}},
               {},
               {{"127.0.0.1", 80}},
               {{"127.0.0.1", 80}, {"10.0.0.2", 80}},
               "80 by another program"},
           Row{"ours has one address, every one is wanted",
               {{"", 80}},
               {},
               {{"127.0.0.1", 80}},
               {{"127.0.0.1", 80}},
               ""},
           Row{"ours has every address",
               {{"", 80}},
               {},
               {{"0.0.0.0", 80}},
               {{"0.0.0.0", 80}, {"::1", 80}},
               ""},
           Row{"a range with a free port", three, {{"0.0.0.0", 8000}}, {}, {{"0.0.0.0", 8002}}, ""},
           Row{"a range with one of ours",
               three,
               {{"0.0.0.0", 8000}},
               {{"0.0.0.0", 8001}},
               {{"0.0.0.0", 8002}},
               ""},
           Row{"a range that is full",
               three,
               {{"0.0.0.0", 8000}},
               {},
               {{"0.0.0.0", 8001}, {"::", 8002}},
               "all of 8000 to 8002 by another program and container blog"},
       }) {
    CAPTURE(row.shows);
    const auto said = ports_of_others({row.wanted}, {publishing("blog", row.others)},
                                      {publishing("shop-web-1", row.own)}, row.listening);
    CHECK(said == (*row.said ? std::vector<std::string>{row.said} : std::vector<std::string>{}));
  }
}

TEST_CASE("every port that is taken is told") {
  CHECK(ports_of_others({{{"", 3001}}, {{"", 3002}}, {{"", 3003}}}, {publishing("blog", {{"", 3001}})}, {},
                        {{"", 3003}}) ==
        std::vector<std::string>{"3001 by container blog", "3003 by another program"});
}

TEST_CASE("all obstacles are said at once, each with its cure") {
  require_no_obstacles({});
  try {
    require_no_obstacles(
        {{"ports", "3001 by container blog", "stop it", {"services", "web", "ports"}, "compose.yml:7:5"},
         {"network", "web is not there", "make it"}});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.why() == "ports: compose.yml:7:5: 3001 by container blog\nnetwork: web is not there");
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
        std::vector<std::string>{"wroker is not a released service"});
  CHECK(said({"db"}, Strategy::canary) == std::vector<std::string>{"db is not a released service"});
  CHECK(said({"web"}, Strategy::blue_green) ==
        std::vector<std::string>{
            "web publishes a port, which the edge owns and turns together with all other ports"});
  CHECK(said({"web"}, Strategy::recreate).empty());  // so are all
}

TEST_CASE("no edge stands in front of what publishes another protocol than TCP, or has another's network") {
  const auto model = json::parse(R"({"name":"shop","networks":{"default":{}},"services":{
      "web":{"ports":[{"target":80,"published":"8080","protocol":"tcp"},{"target":81}]},
      "dns":{"ports":[{"target":53,"protocol":"tcp"},{"target":53,"published":"53","protocol":"udp"}]},
      "agent":{"network_mode":"host"},"side":{"network_mode":"service:web"},"near":{"network_mode":"bridge"},
      "none":{"network_mode":"none","deploy":{"replicas":0}},"left":{"network_mode":"none"}}})")
                         .as_object();
  CHECK(unfit_for_edge(model, {"web", "near", "none"}).empty());
  const auto found = unfit_for_edge(model, {"web", "dns", "agent", "side"});
  REQUIRE(found.size() == 3);
  CHECK(found[0].what ==
        "the edge cannot be in front of service dns, which publishes 53/udp: HAProxy passes on TCP only");
  CHECK(found[0].key == std::vector<std::string>{"services", "dns", "ports"});
  CHECK(found[1].key == std::vector<std::string>{"services", "agent", "network_mode"});
  CHECK(found[1].what ==
        "the edge cannot be in front of service agent, which has no network of its own (network_mode: host)");
  CHECK(found[2].what ==
        "the edge cannot be in front of service side, which has no network of its own (network_mode: "
        "service:web)");
}

TEST_CASE("a port that the edge's keys name and no released service publishes is an obstacle") {
  const auto model = json::parse(R"({"name":"shop","networks":{"default":{}},"services":{
      "web":{"ports":[{"target":80,"published":"8080"},{"target":1883,"published":"1880-1883"}]},
      "left":{"ports":[{"target":443,"published":"443"}]}}})")
                         .as_object();
  const auto said = [&](const EdgeConfig& edge) {
    std::vector<std::string> sentences;
    for (const auto& obstacle : unpublished_for_edge(edge, model, {"web"}))
      sentences.push_back(obstacle.what);
    return sentences;
  };
  CHECK(said({}).empty());
  CHECK(said({.tls = TlsConfig{.port = 8080}, .tcp = {1880, 1883}}).empty());
  CHECK(said({.tls = TlsConfig{}, .tcp = {80}}) ==
        std::vector<std::string>{"no released service publishes port 443, which edge.tls.port names",
                                 "no released service publishes port 80, which edge.tcp names"});
}
