#include <algorithm>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "world.hpp"

using namespace belay;
using namespace belay::testing;
namespace json = boost::json;

namespace {

/// What two containers that are the same but for their identity must have in common.
json::object comparable(json::object inspection) {
  const std::string id(inspection.at("Id").get_string());
  for (const char* own : {"Id", "Created", "Name", "State", "ResolvConfPath", "HostnamePath", "HostsPath",
                          "LogPath", "GraphDriver", "Storage"})
    inspection.erase(own);
  std::ranges::sort(
      inspection.at("Mounts").get_array(), {},  // the Engine lists them in no order
      [](const json::value& mount) { return std::string(mount.at("Destination").get_string()); });
  json::object& config = inspection.at("Config").get_object();
  if (config.at("Hostname").get_string() == id.substr(0, 12)) config["Hostname"] = "(short id)";
  json::object& network = inspection.at("NetworkSettings").get_object();
  const json::object networks = network.at("Networks").get_object();
  network.clear();
  for (const auto& [key, value] : networks) {
    json::object endpoint;
    for (const char* kept : {"IPAMConfig", "Links", "DriverOpts"})
      endpoint[kept] = value.get_object().at(kept);
    json::array aliases;
    if (value.get_object().at("Aliases").is_array())
      for (const json::value& alias : value.get_object().at("Aliases").get_array())
        aliases.push_back(alias.get_string() == id.substr(0, 12) ? json::value("(short id)") : alias);
    endpoint["Aliases"] = aliases;
    network[key] = endpoint;
  }
  return inspection;
}

}  // namespace

TEST_CASE("a clone of a container that compose made is the same in all but identity") {
  const World world;
  const compose::Project project = world.project(R"(
services:
  backend:
    image: busybox
    container_name: )" + world.name("backend") + R"(
    command: ["sleep", "1000"]
    environment: { A: "1", B: "two words" }
    ports: ["127.0.0.1:19018:3001"]
    expose: ["9229"]
    volumes: ["./data:/data:ro", "named:/named"]
    tmpfs: ["/scratch"]
    working_dir: /tmp
    user: "1000:1000"
    init: true
    restart: unless-stopped
    stop_signal: SIGINT
    stop_grace_period: 3s
    mem_limit: 64m
    cpus: 0.5
    cap_drop: [ALL]
    read_only: true
    extra_hosts: ["host.docker.internal:host-gateway"]
    ulimits: { nofile: 1234 }
    logging: { driver: json-file, options: { max-size: 10m } }
    healthcheck: { test: ["CMD", "true"], interval: 30s }
    networks:
      default: { aliases: [api] }
      second: { ipv4_address: 10.213.7.9 }
networks:
  second: { ipam: { config: [{ subnet: 10.213.7.0/24 }] } }
volumes:
  named:
)");
  fs::create_directories(world.directory() / "data");
  sh({"docker", "compose", "--project-directory", project.directory.string(), "--project-name", project.name,
      "--file", project.files.front().string(), "up", "--detach"});

  const auto original = world.engine.inspect(world.name("backend"));
  REQUIRE(original);
  const std::string id = world.engine.create(world.name("clone"), docker::create_body_of(original->raw));
  world.engine.remove(original->container.id);  // it holds the fixed address and the port
  world.engine.start(id);
  const auto clone = world.engine.inspect(id);
  REQUIRE(clone);
  CHECK(clone->container.running());
  const json::object before = comparable(original->raw);
  const json::object after = comparable(clone->raw);
  for (const auto& [key, value] : before) {
    const std::string name(key);
    CAPTURE(name);
    CHECK(json::serialize(value) == json::serialize(after.at(key)));
  }
  CHECK(after.size() == before.size());
}
