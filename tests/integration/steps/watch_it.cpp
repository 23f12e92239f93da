#include <algorithm>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "host.hpp"

using namespace belay;
using namespace belay::testing;
namespace json = boost::json;

namespace {

struct Watched {
  Host host;

  std::string create(const std::string& part, const std::string& script, json::object more = {}) const {
    more["Image"] = "busybox";
    more["Cmd"] = json::array{"sh", "-c", script};
    return host.engine.create(host.name() + "-" + part, more);
  }
  /// How the first of them is seen to die, once all are started; empty: within the guard it is not.
  std::string death_of(const std::vector<std::string>& ids) const {
    const ContainerWatch watch(host.engine, ids);
    for (const auto& id : ids) host.engine.start(id);
    if (!eventually([&] { return watch.died().stop_requested(); })) return {};
    return watch.death()->how;
  }
};

}  // namespace

TEST_CASE("a container that exits is seen with its exit code") {
  const Watched at;
  CHECK(at.death_of({at.create("exits", "exit 3")}) == "exited with code 3");
}

TEST_CASE(
    "a container that dies again and again in the same way is given up, with the number of its deaths") {
  const Watched at;
  const auto id = at.create("restarts", "exit 4");
  std::vector<int> told;
  {
    const ContainerWatch watch(at.host.engine, {id},
                               {.restarts = {{id, {.policy = "always"}}},
                                .told = [&](const auto& death) { told.push_back(death.number); }});
    at.host.engine.start(id);
    REQUIRE(eventually([&] { return watch.died().stop_requested(); }));
    CHECK(watch.death()->how == "exited with code 4; it died 5 times");
    CHECK(watch.death()->exit_code == 4);
  }
  CHECK(told == std::vector<int>{1, 2, 3, 4});
}

TEST_CASE("how often a container may die before it comes up, by its policy and by how it dies") {
  // It counts its lives in a file, ends with the exit code of each, and then stays. No more of them than a
  // row needs: with each death Docker's pause before the next start doubles.
  struct Row {
    RestartRule rule;
    std::string exit_codes;
    bool may_wait;
    std::string death;  // empty: it comes up
  };
  for (const auto& row : {
           Row{{.policy = "always"}, "1", false, ""},
           Row{{.policy = "always"}, "1 1 1 1", false, ""},
           Row{{.policy = "unless-stopped"}, "1 1 1 1 1", false, "exited with code 1; it died 5 times"},
           Row{{.policy = "unless-stopped"}, "1 1 1 1 1 1", true, ""},
           Row{{.policy = "always"}, "1 1 2 1 1 1", false, ""},
           Row{{.policy = "always"}, "0 0 0", false, ""},
           Row{{.policy = "on-failure"}, "3 3 3", false, ""},
           Row{{.policy = "on-failure"}, "3 0", false, "exited with code 0; it died 2 times"},
           Row{{.policy = "on-failure", .maximum = 2}, "3 3", false, ""},
           Row{{.policy = "on-failure", .maximum = 2}, "3 3 3", true, "exited with code 3; it died 3 times"},
           Row{{.policy = "no"}, "1", true, "exited with code 1"},
       }) {
    CAPTURE(row.rule.policy);
    CAPTURE(row.exit_codes);
    const Watched at;
    const auto id =
        at.create("lives", "echo >> /lives; n=$(wc -l < /lives); set -- " + row.exit_codes +
                               "; shift $((n - 1)) && [ $# -gt 0 ] && exit $1; touch /up; exec sleep 1000");
    const ContainerWatch watch(
        at.host.engine, {id},
        {.restarts = {{id, row.rule}}, .may_wait = [&](const auto&) { return row.may_wait; }});
    at.host.engine.start(id);
    const auto is_up = [&] {
      const auto inspection = at.host.engine.inspect(id);
      return inspection && inspection->container.running() &&
             capture({.argv = {"docker", "exec", id, "test", "-e", "/up"}}, {},
                     Deadline::in(std::chrono::seconds(10)))
                 .ok();
    };
    CHECK(eventually([&] { return row.death.empty() ? is_up() : watch.died().stop_requested(); }));
    CHECK((watch.death() ? watch.death()->how : "") == row.death);
    if (row.death.empty())
      CHECK(watch.last_death_of(id)->number == std::ranges::count(row.exit_codes, ' ') + 1);
  }
}

TEST_CASE("a death whose restart is still to come is final once the candidates are said to be ready") {
  const Watched at;
  const auto id = at.create("dies", "exit 1");
  ContainerWatch watch(at.host.engine, {id}, {.restarts = {{id, {.policy = "always"}}}});
  at.host.engine.start(id);
  // The pauses before the third and the fourth start are long enough to be met.
  REQUIRE(eventually([&] { return watch.last_death_of(id) && watch.last_death_of(id)->number == 4; }));
  watch.restart_no_more();
  CHECK(eventually([&] { return watch.died().stop_requested(); }));
}

TEST_CASE("once the candidates are ready each death is final; so is one that the policy does not answer") {
  const Watched at;
  const auto ready = at.create("ready", "sleep 1; exit 1"), failing = at.create("failing", "exit 0");
  {
    ContainerWatch watch(at.host.engine, {ready}, {.restarts = {{ready, {.policy = "always"}}}});
    watch.restart_no_more();
    at.host.engine.start(ready);
    REQUIRE(eventually([&] { return watch.died().stop_requested(); }));
    CHECK(watch.death()->how == "exited with code 1");
  }
  ContainerWatch watch(at.host.engine, {failing}, {.restarts = {{failing, {.policy = "on-failure"}}}});
  at.host.engine.start(failing);
  REQUIRE(eventually([&] { return watch.died().stop_requested(); }));
  CHECK(watch.death()->exit_code == 0);
}

TEST_CASE(
    "a container that is killed by the kernel for its memory is told from one that ended with the same "
    "code") {
  const Watched at;
  const json::object small{{"HostConfig", json::object{{"Memory", 16'000'000}, {"MemorySwap", 16'000'000}}}};
  // tail keeps what has no line end.
  CHECK(at.death_of({at.create("eats", "exec tail /dev/zero", small)}) == "killed: out of memory");
  const auto killed = at.create("killed", "exit 137");
  CHECK(at.death_of({killed}) == "exited with code 137");
}

TEST_CASE("a container that turns unhealthy counts as dead") {
  const Watched at;
  const json::object sick{{"Healthcheck", json::object{{"Test", json::array{"CMD", "false"}},
                                                       {"Interval", 100'000'000},
                                                       {"Timeout", 1'000'000'000},
                                                       {"Retries", 1}}}};
  CHECK(at.death_of({at.create("sick", "sleep 1000", sick)}) == "was found unhealthy by its HEALTHCHECK");
}

TEST_CASE("a death before the watch stood is seen, and so is a container that is gone") {
  const Watched at;
  const auto dead = at.create("dead", "exit 5");
  at.host.engine.start(dead);
  CHECK(at.host.engine.wait(dead, {}, Deadline::in(std::chrono::seconds(30))) == 5);
  const ContainerWatch late(at.host.engine, {dead});
  REQUIRE(late.death().has_value());
  CHECK(late.death()->how == "exited with code 5");
  at.host.engine.remove(dead);
  const ContainerWatch gone(at.host.engine, {dead});
  REQUIRE(gone.death().has_value());
  CHECK(gone.death()->how == "was removed");
}

TEST_CASE("an end from before the watch that is known is no death; the next one is") {
  const Watched at;
  const auto id = at.create("stopped", "exec sleep 1000", {{"StopSignal", "SIGKILL"}});
  at.host.engine.start(id);
  at.host.engine.stop(id);
  const ContainerWatch watch(at.host.engine, {id}, {.ended = {{id, at.host.engine.inspect(id)->started}}});
  CHECK_FALSE(watch.death().has_value());
  at.host.engine.start(id);
  CHECK_FALSE(watch.death().has_value());
  at.host.engine.kill(id, "SIGKILL");
  CHECK(eventually([&] { return watch.died().stop_requested(); }));
}

TEST_CASE("others that die are not the candidate") {
  const Watched at;
  const auto stays = at.create("stays", "trap 'exit 7' TERM; while :; do sleep 0.1; done"),
             other = at.create("other", "exit 1");
  const ContainerWatch watch(at.host.engine, {stays});
  at.host.engine.start(stays);
  at.host.engine.start(other);
  at.host.engine.wait(other, {}, Deadline::in(std::chrono::seconds(30)));
  // Events come in order: once the watched one's death is seen, the other's was passed over.
  at.host.engine.stop(stays, std::chrono::seconds(30));
  REQUIRE(eventually([&] { return watch.died().stop_requested(); }));
  CHECK(watch.death()->id == stays);
}
