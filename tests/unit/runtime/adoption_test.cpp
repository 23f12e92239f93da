#include "runtime/adoption.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "model/labels.hpp"

using namespace belay;
namespace json = boost::json;

namespace {

constexpr auto hash_label = "com.docker.compose.config-hash";

docker::Inspection running(const std::string& image, const std::string& hash) {
  docker::Inspection inspection;
  inspection.container.image_id = image;
  if (!hash.empty()) inspection.container.labels[hash_label] = hash;
  return inspection;
}

ReleasedService service(const std::string& hash) {
  return {.name = "web",
          .image_id = "sha256:a",
          .containers = {json::object{{"Labels", json::object{{hash_label, hash}}}}}};
}

}  // namespace

TEST_CASE("a container runs as a service wants it if image and compose's hash are the same") {
  CHECK(runs_as(service("one"), running("sha256:a", "one")));
  CHECK_FALSE(runs_as(service("one"), running("sha256:b", "one")));
  CHECK_FALSE(runs_as(service("one"), running("sha256:a", "two")));
}

TEST_CASE("a service without containers runs as nothing does") {
  auto none = service("one");
  none.containers.clear();
  CHECK_FALSE(runs_as(none, running("sha256:a", "one")));
}

TEST_CASE("a container that joins another's has a hash of its own: belay's label tells") {
  auto joining = service("one");
  joining.shared.network = "vpn";
  auto container = running("sha256:a", "another");
  CHECK_FALSE(runs_as(joining, container));
  container.container.labels[label::release] = "r1";
  CHECK(runs_as(joining, container));
}

TEST_CASE("a container that was found joining another's is known again by the hash that it was found with") {
  auto joining = service("one");
  joining.shared.network = "vpn";
  CHECK(runs_as(joining, running("sha256:a", "one")));
}

TEST_CASE("what runs is part of what serves, and what ended well and may end") {
  docker::Inspection found;
  found.container.state = "running";
  CHECK(is_part_of_what_serves(found));
  found.container.state = "exited";
  for (const char* policy : {"", "no", "on-failure"}) {
    found.restart_policy = policy;
    found.exit_code = 0;
    CHECK(is_part_of_what_serves(found));
    found.exit_code = 1;
    CHECK_FALSE(is_part_of_what_serves(found));
  }
  found.restart_policy = "unless-stopped";
  found.exit_code = 0;
  CHECK_FALSE(is_part_of_what_serves(found));
  found.restart_policy = "no";
  found.container.state = "created";
  CHECK_FALSE(is_part_of_what_serves(found));
}

TEST_CASE(
    "a service that was found gets the configs and secrets that are no files; one that the model lacks has "
    "none") {
  Release release;
  release.services = {{.name = "web"}, {.name = "old"}};
  const auto model = json::parse(R"({"services":{"web":{"secrets":[{"source":"token"}]}, "other":{}},
                                     "secrets":{"token":{"environment":"TOKEN"}}})")
                         .as_object();
  add_what_is_not_shown(release, model, [](const std::set<std::string>& variables) {
    CHECK(variables == std::set<std::string>{"TOKEN"});
    return std::map<std::string, std::string>{{"TOKEN", "t"}};
  });
  REQUIRE(release.services[0].injected.size() == 1);
  CHECK(release.services[0].injected[0].target == "/run/secrets/token");
  CHECK(release.services[0].injected[0].text == "t");
  CHECK(release.services[1].injected.empty());
}
