#include "runtime/found_references.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace belay;
namespace json = boost::json;

namespace {

json::object parsed(const char* text) {
  return json::parse(text).as_object();
}

std::string service_of(const std::string& container) {
  if (container == "id-of-db" || container == "shop-db-1") return "db";
  return container == "id-of-vpn" ? "vpn" : "";
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what a found container joins is kept by service; a stranger's container stays as it is") {
  auto body = parsed(R"({"HostConfig":{"NetworkMode":"container:id-of-vpn","IpcMode":"container:id-of-db",
                                       "PidMode":"container:id-of-stranger"}})");
  const auto shared = take_references(body, service_of);
  CHECK(shared.network == "vpn");
  CHECK(shared.ipc == "db");
  CHECK(shared.pid.empty());
  CHECK(body.at("HostConfig").at("PidMode") == "container:id-of-stranger");
  auto own = parsed(R"({"HostConfig":{"NetworkMode":"shop_default","IpcMode":"private","PidMode":""}})");
  CHECK_FALSE(take_references(own, service_of).any());
}

TEST_CASE("volumes of a service's container are kept by service, those of others beside them by container") {
  auto body = parsed(R"({"HostConfig":{"VolumesFrom":["id-of-db:ro","stranger:ro"]}})");
  CHECK(take_references(body, service_of).volumes == Names{"db", "container:stranger:ro"});
  auto others = parsed(R"({"HostConfig":{"VolumesFrom":["stranger"]}})");
  CHECK_FALSE(take_references(others, service_of).any());
}

TEST_CASE("links to the project's containers are taken out, without those names that compose adds itself") {
  auto body = parsed(R"({"HostConfig":{"Links":null},"NetworkingConfig":{"EndpointsConfig":{
      "front":{"Links":["shop-db-1:store","shop-db-1:db-1","shop-db-1:shop-db-1","shop-db-1:db","stranger:known"]},
      "back":{"Links":["shop-db-1:store","shop-db-1:db-2"]}, "bare":{}}}})");
  CHECK(take_references(body, service_of).links == Names{"db:store", "db"});
  const auto& endpoints = body.at("NetworkingConfig").at("EndpointsConfig");
  CHECK(endpoints.at("front").at("Links") == json::array{"stranger:known"});
  CHECK(endpoints.at("back").at("Links").is_null());
}

TEST_CASE("links of the default network have both containers' names") {
  auto body = parsed(R"({"HostConfig":{"Links":["/shop-db-1:/shop-web-1/store"]}})");
  CHECK(take_references(body, service_of).links == Names{"db:store"});
  CHECK(body.at("HostConfig").at("Links").is_null());
}

TEST_CASE("compose's label says what a container waits for") {
  const auto found =
      dependencies_in_label("db:service_healthy:true,seed:service_completed_successfully:false,old");
  REQUIRE(found.size() == 3);
  CHECK(found[0].service == "db");
  CHECK(found[0].condition == "service_healthy");
  CHECK(found[0].restart);
  CHECK(found[1].condition == "service_completed_successfully");
  CHECK_FALSE(found[1].restart);
  CHECK(found[2].service == "old");
  CHECK(found[2].condition == "service_started");
  CHECK(dependencies_in_label("").empty());
}
