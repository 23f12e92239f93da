#include "model/gap.hpp"

#include <doctest/doctest.h>

#include "model/config.hpp"

using namespace belay;
using namespace std::chrono_literals;
using Kind = ServiceGap::Kind;

namespace {

EnvironmentConfig environment(Strategy strategy, bool edge) {
  EnvironmentConfig made;
  made.strategy = strategy;
  if (edge) made.edge.emplace();
  return made;
}

}  // namespace

TEST_CASE("whether there is a gap: by what runs, by the edge that is asked for and the one that is there") {
  const struct {
    const char* now;
    Strategy strategy;
    bool edge, runs, edge_there;
    Kind kind;
  } rows[] = {
      {"nothing runs", Strategy::recreate, false, false, false, Kind::nothing_serves},
      {"nothing runs behind an edge", Strategy::blue_green, true, false, true, Kind::nothing_serves},
      {"no edge", Strategy::recreate, false, true, false, Kind::down},
      {"the edge is new", Strategy::blue_green, true, true, false, Kind::down},
      {"the edge is taken out", Strategy::recreate, false, true, true, Kind::down},
      {"an edge that holds", Strategy::recreate, true, true, true, Kind::held},
      {"an edge that turns", Strategy::blue_green, true, true, true, Kind::none},
      {"a canary", Strategy::canary, true, true, true, Kind::none},
  };
  for (const auto& row : rows) {
    CAPTURE(row.now);
    CHECK(kind_of_gap(environment(row.strategy, row.edge), "web", row.runs, row.edge_there) == row.kind);
  }
}

TEST_CASE("behind an edge that turns, a service that must not run twice is down while it is replaced") {
  auto turned = environment(Strategy::blue_green, true);
  turned.replaced = {"worker"};
  CHECK(kind_of_gap(turned, "worker", true, true) == Kind::down);
  CHECK(kind_of_gap(turned, "web", true, true) == Kind::none);
}

TEST_CASE("the text says for whom, and how long it was") {
  CHECK(gap_text({"web", Kind::down, {8080, 8443}}) ==
        "ports 8080, 8443 answer nobody while its containers stop and start");
  CHECK(gap_text({"web", Kind::down, {80}}) == "port 80 answers nobody while its containers stop and start");
  CHECK(gap_text({"worker", Kind::down}) ==
        "other services get no answer from it while its containers stop and start");
  CHECK(gap_text({"web", Kind::held, {80}}).starts_with("no request fails: the edge holds"));
  CHECK(gap_text({"web", Kind::none, {80}}).starts_with("none: the new containers"));
  CHECK(gap_text({"web", Kind::nothing_serves, {80}}) == "none: it does not run now");

  CHECK(past_text({}) == "No earlier deployment tells how long that takes.");
  CHECK(past_text({{"r1", 640ms, 4100ms}}) ==
        "In the last deployment that took 0.64 s, and 4.1 s at the most until the health was checked.");
  CHECK(past_text({{"r2", 640ms, 2s}, {"r1", 11200ms, 4100ms}}) ==
        "In the last 2 deployments that took 0.64 s to 11 s, and 4.1 s at the most until the health was "
        "checked.");
}
