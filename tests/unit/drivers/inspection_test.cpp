#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include "drivers/docker_inspection.hpp"

using namespace belay;

namespace {

boost::json::object object(const char* text) {
  return boost::json::parse(text).get_object();
}

}  // namespace

TEST_CASE("an inspection is read, whatever is missing or null in it") {
  const docker::Inspection found = docker::inspection_from(object(R"({
    "Id": "f00d", "Name": "/crm-backend", "Image": "sha256:abc", "RestartCount": 2,
    "State": {"Status": "running", "ExitCode": 137, "OOMKilled": true, "StartedAt": "2026-01-12T10:33:00.1234567Z",
              "Health": {"Status": "starting"}},
    "Config": {"Image": "crm-backend:latest", "Labels": {"a": "b"}, "ExposedPorts": {"9229/tcp": {}, "53/udp": {}, "3001/tcp": {}}},
    "HostConfig": {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}},
    "NetworkSettings": {"Ports": {"3001/tcp": [{"HostIp": "127.0.0.1", "HostPort": "3001"}], "9229/tcp": null},
                        "Networks": {"net": {"IPAddress": "172.18.0.2"}, "idle": {"IPAddress": ""}}}})"));
  CHECK(found.container.name == "crm-backend");
  CHECK(found.container.image == "crm-backend:latest");
  CHECK(found.container.image_id == "sha256:abc");
  CHECK(found.container.running());
  CHECK(found.container.labels.at("a") == "b");
  CHECK(found.exit_code == 137);
  CHECK(found.oom_killed);
  CHECK(found.restarts == 2);
  CHECK(iso8601(found.started) == "2026-01-12T10:33:00.123Z");
  CHECK(found.health == "starting");
  CHECK(found.restart_policy == "on-failure");
  CHECK(found.restart_maximum == 3);
  CHECK(found.addresses == std::map<std::string, std::string>{{"net", "172.18.0.2"}});
  CHECK(found.exposed_tcp_ports == std::vector<int>{3001, 9229});
  CHECK(found.published == std::vector<std::string>{"127.0.0.1:3001->3001/tcp"});

  const docker::Inspection bare = docker::inspection_from(object(R"({"Config": {"Labels": null},
    "State": {"StartedAt": "0001-01-01T00:00:00Z", "Health": {"Status": "none"}},
    "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}}})"));
  CHECK(bare.started == Time{});
  CHECK(bare.health.empty());
  CHECK(bare.published == std::vector<std::string>{"0.0.0.0:8080->80/tcp"});

  CHECK(iso8601(
            docker::inspection_from(object(R"({"State": {"StartedAt": "2026-01-12T10:33:00Z"}})")).started) ==
        "2026-01-12T10:33:00.000Z");
}

TEST_CASE("the name in a listing is the container's own, not a legacy link's") {
  CHECK(docker::container_from_list(object(R"({"Names": ["/web", "/proxy/web"]})")).name == "web");
  CHECK(docker::container_from_list(object(R"({"Names": ["/proxy/db", "/db"]})")).name == "db");
}
