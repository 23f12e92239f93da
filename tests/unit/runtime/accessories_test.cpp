#include "runtime/accessories.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace belay;
namespace json = boost::json;

namespace {

using Lines = std::vector<std::string>;

const auto* const wanted =
    R"({"image":"postgres:15","command":["postgres","-c","port=5432"],"entrypoint":null,
  "environment":{"POSTGRES_PASSWORD":"a$$b","EMPTY":null},"restart":"unless-stopped","user":"70",
  "ports":[{"mode":"ingress","host_ip":"127.0.0.1","target":5432,"published":"15432","protocol":"tcp"}],
  "volumes":[{"type":"bind","source":"/srv/shop/conf","target":"/conf"},
             {"type":"volume","source":"data","target":"/data"}]})";

/// As compose made it and the Engine describes it.
const auto* const there = R"({"Config":{"Image":"postgres:15","Cmd":["postgres","-c","port=5432"],"User":"70",
    "Entrypoint":["docker-entrypoint.sh"],"WorkingDir":"","Env":["POSTGRES_PASSWORD=a$b","PATH=/bin"]},
  "HostConfig":{"RestartPolicy":{"Name":"unless-stopped","MaximumRetryCount":0},
    "PortBindings":{"5432/tcp":[{"HostIp":"127.0.0.1","HostPort":"15432"}]}},
  "Mounts":[{"Type":"bind","Source":"/srv/shop/conf","Destination":"/conf"},
            {"Type":"volume","Name":"shop_data","Destination":"/data"}]})";

/// The model with these keys set.
Lines changes(const char* keys) {
  auto service = json::parse(wanted).as_object();
  const auto set = json::parse(keys);
  for (const auto& [key, value] : set.as_object()) service[key] = value;
  return definition_changes(service, json::parse(there).as_object());
}

}  // namespace

TEST_CASE("a container is as the compose file says: what comes from the image is no change") {
  CHECK(changes("{}").empty());
  CHECK(changes(R"({"command":null,"user":""})").empty());
}

TEST_CASE("each difference between model and container is named") {
  CHECK(changes(R"({"image":"postgres:16"})") == Lines{"image postgres:15 → postgres:16"});
  CHECK(changes(R"({"command":["postgres"]})") == Lines{"command postgres -c port=5432 → postgres"});
  CHECK(changes(R"({"entrypoint":["/own.sh"]})") == Lines{"entrypoint docker-entrypoint.sh → /own.sh"});
  CHECK(changes(R"({"restart":"on-failure:3"})") == Lines{"restart unless-stopped → on-failure:3"});
  CHECK(changes(R"({"restart":"no"})") == Lines{"restart unless-stopped → none"});
  CHECK(changes(R"({"user":"0"})") == Lines{"user 70 → 0"});
  CHECK(changes(R"({"ports":[]})") == Lines{"ports 127.0.0.1:15432→5432/tcp → none"});
  CHECK(changes(R"({"volumes":[{"type":"bind","source":"/srv/shop/other","target":"/conf"}]})") ==
        Lines{"mount at /conf /srv/shop/conf → /srv/shop/other"});
  CHECK(changes(R"({"volumes":[{"type":"bind","source":"/srv/shop/more","target":"/more"}]})") ==
        Lines{"/srv/shop/more is mounted at /more"});
}

TEST_CASE("of a changed variable the name is told, and never the value") {
  CHECK(changes(R"({"environment":{"POSTGRES_PASSWORD":"secret","NEW":"x"}})") ==
        Lines{"environment POSTGRES_PASSWORD, NEW"});
}

TEST_CASE("what a service mounts: a file by itself, those of a directory, and nothing beside them") {
  const std::vector<BoundPath> bound{{"web", "/srv/shop/nginx.conf", "/etc/nginx/nginx.conf"},
                                     {"web", "/srv/shop/conf.d/", "/etc/nginx/conf.d"},
                                     {"web", "/etc/ssl", "/etc/ssl"},
                                     {"all", "/srv/shop", "/app"}};
  const Lines changed{"nginx.conf", "nginx.conf.old", "conf.d/a.conf", "conf.data/x", "app.js"};
  CHECK(changed_mounts(bound, "web", "/srv/shop", changed) == Lines{"conf.d/a.conf", "nginx.conf"});
  CHECK(changed_mounts(bound, "all", "/srv/shop", changed).size() == changed.size());
  CHECK(changed_mounts(bound, "db", "/srv/shop", changed).empty());
}
