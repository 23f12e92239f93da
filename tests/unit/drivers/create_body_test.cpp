#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "drivers/docker.hpp"

using namespace belay;
namespace json = boost::json;

namespace {

json::object object(const char* text) {
  return json::parse(text).get_object();
}

const char* const inspected = R"({
  "Id": "0123456789abcdef0123", "Name": "/crm-backend", "State": {"Status": "running"},
  "Config": {"Hostname": "0123456789ab", "Env": ["A=b"], "Cmd": ["node"], "Image": "crm-backend:latest",
             "Labels": {"com.docker.compose.service": "backend"}, "StopTimeout": 30, "StopSignal": "SIGINT",
             "Healthcheck": {"Test": ["CMD", "true"]}},
  "HostConfig": {"NetworkMode": "app_default", "Binds": ["/srv:/srv:rw"], "RestartPolicy": {"Name": "always"},
                 "Runtime": "a field this version has never heard of"},
  "NetworkSettings": {"Networks": {
    "app_default": {"IPAMConfig": null, "Links": null, "Aliases": ["backend", "crm-backend", "0123456789ab"],
                    "NetworkID": "n1", "EndpointID": "e1", "Gateway": "172.18.0.1", "IPAddress": "172.18.0.5",
                    "MacAddress": "02:42:ac:12:00:05", "DriverOpts": null, "DNSNames": ["backend", "0123456789ab"]},
    "fixed": {"IPAMConfig": {"IPv4Address": "10.9.0.7"}, "Aliases": ["0123456789ab"], "NetworkID": "n2"}}}})";

}  // namespace

TEST_CASE("a create body holds what the user asked for and nothing that the Engine made up") {
  const json::object body = docker::create_body_of(object(inspected));
  CHECK(body == object(R"({
    "Env": ["A=b"], "Cmd": ["node"], "Image": "crm-backend:latest", "Labels": {"com.docker.compose.service": "backend"},
    "StopTimeout": 30, "StopSignal": "SIGINT", "Healthcheck": {"Test": ["CMD", "true"]},
    "HostConfig": {"NetworkMode": "app_default", "Binds": ["/srv:/srv:rw"], "RestartPolicy": {"Name": "always"},
                   "Runtime": "a field this version has never heard of"},
    "NetworkingConfig": {"EndpointsConfig": {
      "app_default": {"Aliases": ["backend", "crm-backend"]},
      "fixed": {"IPAMConfig": {"IPv4Address": "10.9.0.7"}}}}})"));
}

TEST_CASE("a hostname that somebody chose stays") {
  json::object chosen = object(inspected);
  chosen["Config"].get_object()["Hostname"] = "backend.local";
  CHECK(docker::create_body_of(chosen).at("Hostname") == "backend.local");
}

TEST_CASE("a container that has the machine's own name asks for none") {
  json::object other = object(inspected);
  other["HostConfig"].get_object()["UTSMode"] = "host";
  other["Config"].get_object()["Hostname"] = "the-machine";
  CHECK_FALSE(docker::create_body_of(other).contains("Hostname"));
}

TEST_CASE("a container in the host's or another's network asks for no network of its own") {
  for (const char* mode : {"host", "none", "container:f00d"}) {
    CAPTURE(mode);
    json::object other = object(inspected);
    other["HostConfig"].get_object()["NetworkMode"] = mode;
    other["Config"].get_object()["ExposedPorts"] = object(R"({"3001/tcp": {}})");
    const json::object body = docker::create_body_of(other);
    CHECK(!body.contains("NetworkingConfig"));
    CHECK(body.contains("ExposedPorts") == !std::string(mode).starts_with("container:"));
  }
}
