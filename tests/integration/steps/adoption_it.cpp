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
