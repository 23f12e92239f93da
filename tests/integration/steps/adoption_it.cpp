#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "host.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

const auto ours = "29990101-000000-aaaaaaa";  // later than what runs by hand
constexpr auto serves = "exec sleep 1000";

/// A server that was deployed by hand.
struct HandMade : Host {
  HandMade() { up("by-hand"); }
  void up(const std::string& version) const {
    write_file_atomically(live() / "compose.yml",
                          compose(serves, "    environment: {VERSION: " + version + "}\n"));
    by_hand({"up", "--detach"});
  }
  std::string adopted() const {
    const auto attempt = deploy(ours, compose(serves, "    environment: {VERSION: ours}\n"));
    attempt->apply_all(up_to(StepName::create));
    for (const auto step : {StepName::create, StepName::build, StepName::sync}) attempt->undo(step);
    return store().current();
  }
};

}  // namespace

TEST_CASE("what was deployed by hand becomes a release to go back to, its image kept by a tag") {
  const HandMade host;
  const auto id = host.id_of(host.name());
  const auto adopted = host.adopted();
  REQUIRE(host.store().find(adopted).has_value());
  CHECK(host.store().find(adopted)->origin == Release::Origin::adopted);
  CHECK(host.store().find(adopted)->state == Release::State::good);
  CHECK(host.tags() == std::vector<std::string>{adopted, "latest"});
  CHECK(host.id_of(host.name()) == id);
  CHECK(host.engine.inspect(id)->container.running());
}

TEST_CASE("the same container is adopted once") {
  const HandMade host;
  const auto adopted = host.adopted();
  CHECK(host.adopted() == adopted);
  CHECK(host.store().all().size() == 1);
}

TEST_CASE("a container that was made again with another environment is another release") {
  const HandMade host;
  const auto adopted = host.adopted();
  // Ids tell seconds apart.
  CHECK(eventually([&] { return stamp(now()) > adopted.substr(0, 15); }));
  host.up("changed");
  const auto again = host.adopted();
  CHECK(again != adopted);
  const auto release = host.store().find(again);
  REQUIRE(release.has_value());
  CHECK(boost::json::serialize(release->services.front().containers.front()).find("VERSION=changed") !=
        std::string::npos);
}

TEST_CASE("with services beside it that were not released, what is adopted is still the release's commit") {
  const Host host;
  const auto file =
      host.compose(serves, "  side:\n    image: " + host.name() + "\n    command: [sleep, '1000']\n");
  const auto released = host.deploy("20260101-000000-aaaaaaa", file);
  released->plan.commit.id = "aaaaaaa";
  released->apply_all(up_to(StepName::verify));
  released->context->watch.reset();
  released->apply(StepName::settle);
  host.by_hand({"up", "--detach", "side"});

  std::string before;
  for (int attempts = 0; attempts < 2; ++attempts) {  // the second finds what the first adopted
    const auto wider = host.deploy(ours, file);
    wider->plan.environment.services = {"web", "side"};
    wider->apply_all(up_to(StepName::create));
    for (const auto step : {StepName::create, StepName::build, StepName::sync}) wider->undo(step);
    const auto adopted = host.store().find(host.store().current());
    REQUIRE(adopted.has_value());
    CHECK(adopted->origin == Release::Origin::adopted);
    CHECK(adopted->commit.id == "aaaaaaa");
    CHECK(adopted->services.size() == 2);
    if (attempts > 0) CHECK(adopted->id == before);
    before = adopted->id;
  }
}
