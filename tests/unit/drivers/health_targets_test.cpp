#include "drivers/health_targets.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include "local_server.hpp"

using namespace belay;
using belay::testing::LocalServer;
using namespace std::chrono_literals;

namespace {

docker::Inspection container(const std::string& service, std::vector<int> exposed,
                             std::vector<std::string> published, const std::string& raw = "{}") {
  docker::Inspection inspection;
  inspection.container.name = service + "-1";
  inspection.container.labels["com.docker.compose.service"] = service;
  inspection.addresses = {{"shop_default", "172.20.0.3"}};
  inspection.exposed_tcp_ports = std::move(exposed);
  inspection.published = std::move(published);
  inspection.raw = boost::json::parse(raw).as_object();
  return inspection;
}

EnvironmentConfig asking(const std::string& url) {
  EnvironmentConfig environment;
  environment.health.url = url;
  return environment;
}

HealthTarget alone(const std::string& url, std::vector<int> exposed, std::vector<std::string> published) {
  return health_targets(asking(url), {container("web", std::move(exposed), std::move(published))}).at(0);
}

}  // namespace

TEST_CASE("a URL's port inside the container is the one that its port is published from") {
  const auto target = alone("http://localhost:3001/health", {3000, 9229},
                            {"0.0.0.0:9229->9229/tcp", "127.0.0.1:3001->3000/tcp"});
  REQUIRE(target.port.has_value());
  CHECK(target.port->port == 3000);
  CHECK(target.port->at.front().address == "172.20.0.3");
  CHECK(target.port->published_at.front().port == 3001);
  CHECK(target.port_must_accept);
}

TEST_CASE("a port that only ends alike is not the one that is published") {
  const auto target =
      alone("http://localhost:3001/", {1, 2}, {"0.0.0.0:13001->3000/tcp", "0.0.0.0:5->6/tcp"});
  CHECK_FALSE(target.port.has_value());
}

TEST_CASE("behind a public URL it is the only port that is published, else the only one that is exposed") {
  CHECK(alone("https://api.example.com/", {3000, 9229}, {"127.0.0.1:3001->3000/tcp"}).port->port == 3000);
  const auto exposed = alone("https://api.example.com/health", {3000}, {});
  CHECK(exposed.port->port == 3000);
  CHECK_FALSE(exposed.port_must_accept);  // an image's EXPOSE promises nothing
  CHECK_FALSE(alone("https://api.example.com/", {3000, 9229}, {}).port.has_value());
}

TEST_CASE("behind the edge a container is known by what it would publish") {
  auto behind = container("web", {3000, 9229}, {});
  behind.container.labels["belay.published"] = R"(["3001->3000/tcp"])";
  const auto target = health_targets(asking("http://localhost:3001/"), {behind}).at(0);
  CHECK(target.port->port == 3000);
  CHECK(target.port->published_at.empty());
}

TEST_CASE("the URL is asked of the service that publishes its port, and of no other") {
  const auto targets =
      health_targets(asking("http://127.0.0.1:82/api/health"),
                     {container("web", {80}, {"0.0.0.0:81->80/tcp"}),
                      container("api", {80}, {"0.0.0.0:82->80/tcp"}), container("worker", {80}, {})});
  CHECK_FALSE(targets[0].check.has_value());
  CHECK(targets[1].check.has_value());
  CHECK_FALSE(targets[2].check.has_value());
  CHECK(targets[0].publishes);
  CHECK_FALSE(targets[2].publishes);
}

TEST_CASE("a public URL is asked of the only service that publishes a port, of several none") {
  const auto web = container("web", {80}, {"127.0.0.1:81->80/tcp"}), worker = container("worker", {80}, {});
  const auto of_one = health_targets(asking("https://shop.example/"), {web, worker});
  CHECK(of_one[0].check.has_value());
  CHECK_FALSE(of_one[1].check.has_value());
  const auto of_two = health_targets(asking("https://shop.example/"),
                                     {web, container("api", {80}, {"127.0.0.1:82->80/tcp"})});
  CHECK_FALSE(of_two[0].check.has_value());
  CHECK_FALSE(of_two[1].check.has_value());
}

TEST_CASE("a check written for a service is asked of that one, whatever its URL") {
  auto environment = asking("https://shop.example/");
  environment.service_health = {{"api", {.url = "https://api.example/h"}}};
  const auto targets = health_targets(environment, {container("web", {80}, {"127.0.0.1:81->80/tcp"}),
                                                    container("api", {80}, {"127.0.0.1:82->80/tcp"})});
  CHECK(targets[0].check->url == "https://shop.example/");
  CHECK(targets[1].check->url == "https://api.example/h");
}

TEST_CASE("all of a container's addresses are tried, IPv6 too, and then where it is published") {
  auto of_two = container("web", {3000}, {"0.0.0.0:3001->3000/tcp"});
  of_two.addresses["other"] = "172.21.0.2";
  of_two.ipv6_addresses["other"] = "fd00::2";
  const auto own = own_port(of_two, 3000);
  REQUIRE(own.at.size() == 3);
  CHECK(own.at[2].address == "fd00::2");
  CHECK(own.published_at.at(0).address == "127.0.0.1");
}

TEST_CASE("a port that nobody listens on is told from an address that cannot be reached") {
  LocalServer server([](const LocalServer::Peer& peer) { peer.hold(); });
  const OwnPort there{.port = 1, .at = {{"127.0.0.1", server.port()}}};
  const belay::testing::ReservedPort refusing;
  const OwnPort nobody{.port = 1, .at = {{"127.0.0.1", refusing.number()}}};
  const OwnPort nowhere{.port = 1, .at = {{"255.255.255.255", 9}}};
  const OwnPort published{
      .port = 1, .at = {{"255.255.255.255", 9}}, .published_at = {{"127.0.0.1", server.port()}}};
  CHECK(listening(there) == http::Listens::yes);
  CHECK(listening(nobody) == http::Listens::no);
  CHECK(listening(nowhere) == http::Listens::unreachable);
  CHECK(listening(published) == http::Listens::yes);
  CHECK(accepting(published)->port == server.port());
  CHECK(all_listen({there, nowhere}));
  CHECK_FALSE(all_listen({there, nobody}));
}

TEST_CASE("a HEALTHCHECK that is a text is run by the image's shell, a list as it is") {
  const auto command = [](const char* config) {
    return healthcheck_command(container("web", {}, {}, std::string(R"({"Config":)") + config + "}"));
  };
  using words = std::vector<std::string>;
  CHECK(command(R"({"Healthcheck":{"Test":["CMD-SHELL","a b"]}})") == words{"/bin/sh", "-c", "a b"});
  CHECK(command(R"({"Healthcheck":{"Test":["CMD-SHELL","a b"]},"Shell":["/bin/bash","-ec"]})") ==
        words{"/bin/bash", "-ec", "a b"});
  CHECK(command(R"({"Healthcheck":{"Test":["CMD","a","b"]},"Shell":["/bin/bash","-ec"]})") ==
        words{"a", "b"});
  CHECK(command(R"({"Healthcheck":{"Test":["NONE"]}})").empty());
  CHECK(command("{}").empty());
}

TEST_CASE("a HEALTHCHECK gets the patience it asks for") {
  const auto patience = [](const char* check) {
    return healthcheck_patience(
        container("web", {}, {}, std::string(R"({"Config":{"Healthcheck":)") + check + "}}"));
  };
  CHECK(patience(R"({"Test":["CMD","a"],"Interval":2000000000,"StartPeriod":60000000000,"Retries":4})") ==
        70s);
  CHECK(patience(R"({"Test":["CMD","a"]})") == 120s);
  CHECK(patience(R"({"Test":["NONE"]})") == 0s);
}

TEST_CASE("what a HEALTHCHECK said last is told, newest at the end") {
  const auto said = healthcheck_outputs(
      container("web", {}, {}, R"({"State":{"Health":{"Log":[{"ExitCode":1,"Output":"old"},
                {"ExitCode":1,"Output":"curl: not found\n"},{"ExitCode":0,"Output":""}]}}})"),
      2);
  CHECK(said == std::vector<std::string>{"exit code 1: curl: not found", "exit code 0"});
}
