#include "runtime/candidate.hpp"

#include <doctest/doctest.h>

using namespace belay;

namespace {

using Names = std::vector<std::string>;

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
