#include "edge/shape.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "model/labels.hpp"

using namespace belay;
namespace json = boost::json;

namespace {

/// A service as compose would have made its container: published ports as "3001:3000", exposed ones as
/// "9000".
ReleasedService service_with(const std::string& name,
                             const std::vector<std::pair<std::string, std::string>>& published,
                             const std::vector<std::string>& exposed = {}) {
  json::object bindings, ports;
  for (const auto& [outside, inside] : published) {
    bindings[inside + "/tcp"] = json::array{json::object{{"HostIp", "127.0.0.1"}, {"HostPort", outside}}};
    ports[inside + "/tcp"] = json::object{};
  }
  for (const auto& port : exposed) ports[port] = json::object{};
  const json::object endpoint{{"Aliases", json::array{json::string("shop-" + name), json::string(name)}}};
  return {.name = name,
          .container_names = {"shop-" + name},
          .containers = {{{"ExposedPorts", ports},
                          {"HostConfig", json::object{{"PortBindings", bindings}}},
                          {"Labels", json::object{{"com.docker.compose.project", "shop"}}},
                          {"NetworkingConfig",
                           json::object{{"EndpointsConfig", json::object{{"shop_default", endpoint}}}}}}}};
}

EdgeShape shape_of(std::vector<ReleasedService> services, const EdgeConfig& edge = {}) {
  return edge_shape({.services = std::move(services)}, edge);
}

const haproxy::Listener& listener_on(const EdgeShape& shape, int port) {
  const auto found = std::ranges::find(shape.listeners, port, &haproxy::Listener::port);
  REQUIRE(found != shape.listeners.end());
  return *found;
}

}  // namespace

TEST_CASE(
    "the edge publishes what the service published, and answers to its name but not to its container's") {
  const auto shape = shape_of({service_with("web", {{"3001", "3000"}})});
  CHECK(json::serialize(shape.port_bindings) == R"({"3000/tcp":[{"HostIp":"127.0.0.1","HostPort":"3001"}]})");
  CHECK(json::serialize(shape.endpoints) == R"({"shop_default":{"Aliases":["web"]}})");
  CHECK(listener_on(shape, 3000).http);
  CHECK(listener_on(shape, 3000).backend == "web_3000");
  REQUIRE(shape.backends.size() == 1);
  CHECK(shape.backends.front().slots.size() == 4);
}

TEST_CASE("a port that is only exposed is passed on as it is; UDP is nothing for the edge") {
  const auto shape = shape_of({service_with("web", {{"3001", "3000"}}, {"9000/tcp", "53/udp"})});
  CHECK_FALSE(listener_on(shape, 9000).http);
  CHECK(shape.backends.size() == 2);
  CHECK(shape.port_bindings.size() == 1);
}

TEST_CASE(
    "a port of compose's expose: has no protocol; a release without any port has no place for an edge") {
  const auto shape = shape_of({service_with("web", {}, {"9000"})});
  CHECK(listener_on(shape, 9000).backend == "web_9000");
  CHECK_THROWS_WITH_AS(shape_of({service_with("web", {}, {"53/udp"})}),
                       doctest::Contains("no port for an edge"), Error);
}

TEST_CASE("two services on one port are told apart by the host inside, and by their own ports outside") {
  const auto shape =
      shape_of({service_with("api", {{"3001", "3000"}}), service_with("web", {{"3002", "3000"}})});
  const auto& inside = listener_on(shape, 3000);
  REQUIRE(inside.by_host.size() == 2);
  CHECK(inside.by_host[1] == std::pair<std::string, std::string>{"web", "web_3000"});
  CHECK(listener_on(shape, 20000).backend == "api_3000");
  CHECK(listener_on(shape, 20001).backend == "web_3000");
  CHECK(shape.port_bindings.at("20001/tcp").at(0).at("HostPort") == "3002");
}

TEST_CASE("a service without a network of its own cannot have an edge in front of it") {
  auto service = service_with("web", {{"3001", "3000"}});
  service.containers.front().erase("NetworkingConfig");
  CHECK_THROWS_WITH_AS(shape_of({service}), "the edge cannot stand in front of service web", Error);
}

TEST_CASE("a published port of `tcp` is passed on as it is, and the others stay HTTP") {
  const EdgeConfig edge{.tls = TlsConfig{.certificates = {"a.pem"}, .port = 8443}, .tcp = {1884, 9001}};
  const auto shape = shape_of({service_with("broker", {{"1884", "1883"}, {"80", "8080"}, {"8443", "3000"}}),
                               service_with("admin", {{"9000", "9001"}})},
                              edge);
  CHECK_FALSE(listener_on(shape, 1883).http);
  CHECK(listener_on(shape, 8080).http);
  CHECK(listener_on(shape, 3000).http);
  // It is the port outside that counts.
  CHECK(listener_on(shape, 9001).http);
  for (const auto& backend : shape.backends) CHECK(backend.http == (backend.name != "broker_1883"));
  CHECK(shape.port_bindings.at("1883/tcp").at(0).at("HostPort") == "1884");
}

TEST_CASE("a port of `tcp` that has to be HTTP as well is refused") {
  CHECK_THROWS_WITH_AS(
      shape_of({service_with("a", {{"1883", "1883"}}), service_with("b", {}, {"1883/tcp"})}, {.tcp = {1883}}),
      "the edge cannot tell the services a, b apart", Error);
  auto both = service_with("a", {{"1883", "1883"}});
  both.containers.front()["HostConfig"]
      .at("PortBindings")
      .at("1883/tcp")
      .as_array()
      .push_back(json::object{{"HostIp", ""}, {"HostPort", "443"}});
  CHECK_THROWS_WITH_AS(shape_of({both}, {.tls = TlsConfig{.certificates = {"a.pem"}}, .tcp = {1883}}),
                       "port 1883 of service a is to be HTTP and no HTTP", Error);
}

TEST_CASE("the port where TLS ends gets a listener of its own; the others stay as they are") {
  const EdgeConfig edge{.tls = TlsConfig{.certificates = {"a.pem", "b.pem"}, .port = 8443}};
  auto service = service_with("web", {{"3001", "3000"}});
  auto& bindings = service.containers.front().at("HostConfig").at("PortBindings").at("3000/tcp").as_array();
  bindings.push_back(json::object{{"HostIp", ""}, {"HostPort", "8443"}});
  const auto shape = shape_of({service}, edge);
  CHECK(listener_on(shape, 20000).certificates ==
        std::vector<std::string>{"certificate-1.pem", "certificate-2.pem"});
  CHECK(listener_on(shape, 20000).backend == "web_3000");
  CHECK(listener_on(shape, 3000).certificates.empty());
  CHECK(json::serialize(shape.port_bindings.at("20000/tcp")) == R"([{"HostIp":"","HostPort":"8443"}])");
  CHECK(shape.port_bindings.at("3000/tcp").as_array().size() == 1);
  CHECK_THROWS_WITH_AS(shape_of({service_with("web", {{"3001", "3000"}})}, edge),
                       "no service publishes port 8443, where TLS is to end", Error);
}

TEST_CASE("a service that publishes UDP cannot have an edge in front of it: HAProxy passes on TCP") {
  auto service = service_with("dns", {{"53", "53"}});
  service.containers.front().at("HostConfig").at("PortBindings").as_object()["53/udp"] =
      json::array{json::object{{"HostIp", ""}, {"HostPort", "53"}}};
  CHECK_THROWS_WITH_AS(shape_of({service}), "the edge cannot stand in front of service dns", Error);
}

TEST_CASE("more replicas have more slots: as many again as run") {
  auto service = service_with("web", {{"3001", "3000"}});
  while (service.containers.size() < 3) service.containers.push_back(service.containers.front());
  CHECK(shape_of({service}).backends.front().slots.size() == 6);
}

TEST_CASE(
    "a candidate behind the edge publishes nothing, is known by its host alone, and tells what it would "
    "publish") {
  const auto service = service_with("web", {{"3001", "3000"}});
  const auto body = behind_edge(service.containers.front(), "belay-0011-1");
  CHECK_FALSE(body.at("HostConfig").as_object().contains("PortBindings"));
  CHECK(json::serialize(body.at("NetworkingConfig").at("EndpointsConfig").at("shop_default").at("Aliases")) ==
        R"(["belay-0011-1"])");
  CHECK(body.at("Labels").at(label::host) == "belay-0011-1");
  CHECK(body.at("Labels").at(label::published) == R"(["3001->3000/tcp"])");
  CHECK(body.at("ExposedPorts").as_object().contains("3000/tcp"));
}

TEST_CASE("the edge's container shows itself to compose, and may do little") {
  const auto shape = shape_of({service_with("web", {{"3001", "3000"}})});
  const auto body = edge_body(shape, {.image = "haproxy:2.8"}, "/srv/shop/.belay/edge/0011");
  CHECK(body.at("Image") == "haproxy:2.8");
  CHECK(body.at("Labels").at("com.docker.compose.service") == edge_service);
  CHECK(body.at("HostConfig").at("Binds").at(0) == "/srv/shop/.belay/edge/0011:/belay");
  CHECK(body.at("HostConfig").at("CapDrop").at(0) == "ALL");
  CHECK(body.at("HostConfig").at("RestartPolicy").at("Name") == "unless-stopped");
}
