#include "runtime/shared.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"

using namespace belay;
namespace json = boost::json;

namespace {

std::vector<SharedContainer> containers_of(const std::string& service) {
  if (service == "vpn") return {{"id-vpn", "shop-vpn-1"}};
  if (service == "db") return {{"id-db-1", "shop-db-1"}, {"id-db-2", "shop-db-2"}};
  return {};
}

json::object body(const std::string& text = R"({"HostConfig":{}})") {
  return json::parse(text).as_object();
}

json::object shared(const SharedWithOthers& with, const std::string& of = R"({"HostConfig":{}})") {
  return with_shared(body(of), {.name = "web", .shared = with}, "shop", 2, containers_of);
}

}  // namespace

TEST_CASE("a service that shares nothing is left as it is") {
  const auto* text = R"({"Hostname":"web","HostConfig":{"NetworkMode":"shop_default"}})";
  CHECK(shared({}, text) == body(text));
}

TEST_CASE("a joined network is a container's; what it would have of its own goes") {
  CHECK(shared({.network = "vpn"},
               R"({"Hostname":"web","Domainname":"d","ExposedPorts":{"80/tcp":{}},"Image":"web",
                   "NetworkingConfig":{"EndpointsConfig":{}},"HostConfig":{"NetworkMode":"none"}})") ==
        body(R"({"Image":"web","HostConfig":{"NetworkMode":"container:id-vpn"}})"));
}

TEST_CASE("ipc and pid are joined, volumes are taken of the first container") {
  CHECK(shared({.ipc = "db", .pid = "vpn", .volumes = {"db:ro", "container:other:ro", "vpn"}}) ==
        body(R"({"HostConfig":{"IpcMode":"container:id-db-1","PidMode":"container:id-vpn",
                               "VolumesFrom":["id-db-1","other","id-vpn"]}})"));
}

TEST_CASE("links name each container by alias, service and project, in every network, before external ones") {
  const auto made = shared({.links = {"db:database"}},
                           R"({"HostConfig":{"Links":["external:external"]},
                               "NetworkingConfig":{"EndpointsConfig":{"a":{},"b":{"Links":null}}}})");
  const json::array links{"shop-db-1:database", "shop-db-1:db-2", "shop-db-1:shop-db-2",
                          "shop-db-2:database", "shop-db-2:db-2", "shop-db-2:shop-db-2"};
  auto all = links;
  all.emplace_back("external:external");
  CHECK(made.at("HostConfig").at("Links").as_array() == all);
  for (const char* network : {"a", "b"})
    CHECK(made.at("NetworkingConfig").at("EndpointsConfig").at(network).at("Links").as_array() == links);
}

TEST_CASE("a service without a container is named, with the one that needs it") {
  CHECK_THROWS_WITH_AS(shared({.network = "cache"}), "service web needs a container of cache", Error);
  CHECK_THROWS_WITH_AS(shared({.volumes = {"cache:ro"}}), "service web needs a container of cache", Error);
  CHECK_NOTHROW(shared({.links = {"cache"}}));  // compose links to what there is
}

TEST_CASE("the model gets the same ids, for the hash that compose compares") {
  const auto changed = model_with_shared(
      body(
          R"({"network_mode":"service:vpn","ipc":"service:db","pid":"host","volumes_from":["db:ro"],"image":"web"})"),
      {.network = "vpn", .ipc = "db", .volumes = {"db:ro"}}, containers_of);
  CHECK(changed == body(R"({"network_mode":"container:id-vpn","ipc":"container:id-db-1","pid":"host",
                            "volumes_from":["id-db-1"],"image":"web"})"));
}
