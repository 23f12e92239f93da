#include "runtime/candidate.hpp"

#include <doctest/doctest.h>

using namespace belay;

namespace {

using Names = std::vector<std::string>;

/// A service with containers of these names.
ReleasedService service(std::string name, Names containers) {
  ReleasedService made;
  made.name = std::move(name);
  made.containers.resize(containers.size());
  made.container_names = std::move(containers);
  return made;
}

/// Containers that stay: service and name of each.
std::vector<PreviousContainer> staying(const std::vector<std::pair<const char*, const char*>>& ones) {
  std::vector<PreviousContainer> all;
  for (const auto& [of, name] : ones) all.push_back({.id = name, .name = name, .service = of});
  return all;
}

Names names(const std::vector<const ReleasedService*>& services) {
  Names found;
  for (const auto* service : services) found.push_back(service->name);
  return found;
}

}  // namespace

TEST_CASE("a container is made after those whose namespaces, volumes and links it uses") {
  Release release;
  release.services = {
      {.name = "web", .shared = {.network = "vpn", .volumes = {"data:ro"}, .links = {"db:database"}}},
      {.name = "debug", .shared = {.pid = "web"}},
      {.name = "db", .shared = {.ipc = "not released"}},
      {.name = "data"},
      {.name = "vpn"}};
  CHECK(names(in_order_of_creation(release)) == Names{"vpn", "data", "db", "web", "debug"});
}

TEST_CASE("a container is started after those it depends on") {
  Release release;
  release.services = {
      {.name = "web", .dependencies = {{"migrate", "service_completed_successfully"}, {"cache", ""}}},
      {.name = "migrate", .dependencies = {{"db", "service_healthy"}}},
      {.name = "db"}};
  CHECK(names(in_order_of_start(release)) == Names{"db", "migrate", "web"});
}

TEST_CASE("a circle ends, and each of its services is there once") {
  Release release;
  release.services = {{.name = "a", .dependencies = {{"b", ""}}, .shared = {.network = "b"}},
                      {.name = "b", .dependencies = {{"a", ""}}, .shared = {.network = "a"}},
                      {.name = "self", .dependencies = {{"self", ""}}}};
  CHECK(names(in_order_of_start(release)) == Names{"b", "a", "self"});
  CHECK(names(in_order_of_creation(release)) == Names{"b", "a", "self"});
}

TEST_CASE("as many containers are made as the release has and none of its own stays for") {
  const struct {
    const char* kind;
    std::vector<ReleasedService> services;
    std::vector<PreviousContainer> unchanged;
    int made;
  } rows[] = {
      {"nothing is released", {}, {}, 0},
      {"replicas: 0", {service("web", {})}, {}, 0},
      {"all are new", {service("web", {"web-1", "web-2"}), service("api", {"api-1"})}, {}, 3},
      {"one service stays",
       {service("web", {"web-1"}), service("api", {"api-1"})},
       staying({{"api", "api-1"}}),
       1},
      {"all stay", {service("web", {"web-1", "web-2"})}, staying({{"web", "web-1"}, {"web", "web-2"}}), 0},
      {"one of three is missing, in the middle",
       {service("web", {"web-1", "web-2", "web-3"})},
       staying({{"web", "web-1"}, {"web", "web-3"}}),
       1},
      {"one stays under another name: its place is not made again",
       {service("web", {"web-1", "web-2"})},
       staying({{"web", "web-7"}}),
       1},
      {"more stay than the release has",
       {service("web", {"web-1"})},
       staying({{"web", "a"}, {"web", "b"}}),
       0},
      {"a container of another service has the name",
       {service("web", {"web-1"})},
       staying({{"api", "web-1"}}),
       1},
  };
  for (const auto& [kind, services, unchanged, made] : rows) {
    CAPTURE(kind);
    Release release;
    release.services = services;
    CHECK(number_to_make(release, unchanged) == made);
  }
}
