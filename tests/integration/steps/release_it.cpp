#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "host.hpp"
#include "steps/way_back.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

const auto first = "20260101-000000-aaaaaaa", second = "20260102-000000-bbbbbbb",
           third = "20260103-000000-ccccccc", fourth = "20260104-000000-ddddddd";
constexpr auto serves = "exec sleep 1000";

void release(const Host& host, const std::string& id, const std::string& compose_file) {
  const auto attempt = host.deploy(id, compose_file);
  attempt->apply_all(up_to(StepName::verify));
  attempt->context->watch.reset();
  attempt->apply(StepName::settle);
}

}  // namespace

TEST_CASE("a settled release has the name operators know, and `docker compose up` by hand keeps it") {
  const Host host;
  release(host, first, host.compose(serves, "    environment: {VERSION: one}\n"));
  CHECK(host.containers() == std::vector<std::string>{host.name()});
  const auto id = host.id_of(host.name());
  host.by_hand({"up", "--detach"});
  CHECK(host.id_of(host.name()) == id);
  CHECK(host.engine.inspect(id)->restart_policy == "always");
}

TEST_CASE("volumes, aliases, two networks, a health check and labels are as compose would make them") {
  const Host host;
  const auto file = host.compose(serves,
                                 "    volumes: ['./uploads:/uploads', 'data:/data']\n"
                                 "    networks: {default: {aliases: [api]}, back: {}}\n"
                                 "    labels: {mine: kept}\n"
                                 "    healthcheck: {test: [CMD, 'true'], interval: 1s}\n"
                                 "networks: {back: {}}\nvolumes: {data: {}}\n");
  release(host, first, file);
  const auto id = host.id_of(host.name());
  const auto inspection = host.engine.inspect(id);
  CHECK(inspection->addresses.size() == 2);
  CHECK(inspection->health == "healthy");
  CHECK(inspection->container.labels.at("mine") == "kept");
  host.by_hand({"up", "--detach"});
  CHECK(host.id_of(host.name()) == id);
  host.by_hand({"down", "--volumes"});
}

TEST_CASE(
    "what is paused, or starts again and again, is stopped as what runs is, and comes back with an undo") {
  const auto changed = [](const Host& host) {
    return host.compose(serves, "    ports: ['127.0.0.1:18971:8000']\n    environment: {VERSION: two}\n");
  };
  for (const bool paused : {true, false}) {
    CAPTURE(paused);
    const Host host;
    const auto* const script =
        paused ? serves : "test -e /first || { touch /first; exec sleep 1000; }; exit 1";
    release(host, first, host.compose(script, "    ports: ['127.0.0.1:18971:8000']\n"));
    const auto id = host.id_of(host.name());
    require_output({.argv = paused ? std::vector<std::string>{"docker", "pause", id}
                                   : std::vector<std::string>{"docker", "kill", "--signal", "KILL", id}},
                   {}, Deadline::in(std::chrono::seconds(20)), "docker failed");
    if (!paused) {  // a kill by hand is no restart: from here on the Engine starts it again and again
      host.engine.start(id);
      REQUIRE(eventually([&] { return host.engine.inspect(id)->container.state == "restarting"; }));
    }
    const auto attempt = host.deploy(second, changed(host));
    attempt->apply_all(up_to(StepName::verify));
    attempt->context->watch.reset();
    CHECK(host.engine.inspect(id)->container.state == "exited");
    CHECK(something_served(*attempt->context));
    attempt->undo(StepName::switch_over);
    CHECK(eventually([&] {
      const auto inspection = host.engine.inspect(id);
      return inspection->container.on() && (paused || inspection->restarts > 0);
    }));
    CHECK(host.engine.inspect(id)->restart_policy == "always");
    attempt->undo(StepName::create);
  }
}

TEST_CASE("an undone candidate leaves the old release running under its name, and nothing of its own") {
  const Host host;
  release(host, first, host.compose(serves));
  const auto before = host.id_of(host.name());
  const auto attempt = host.deploy(second, host.compose(serves, "    environment: {VERSION: two}\n"));
  attempt->apply_all(up_to(StepName::switch_over));
  CHECK_FALSE(host.engine.inspect(before)->container.running());
  attempt->die();
  for (int twice = 0; twice < 2; ++twice)
    for (const auto step : {StepName::switch_over, StepName::create, StepName::build, StepName::sync})
      attempt->undo(step);
  CHECK(host.containers() == std::vector<std::string>{host.name()});
  CHECK(host.id_of(host.name()) == before);
  CHECK(host.engine.inspect(before)->container.running());
  CHECK(host.engine.inspect(before)->restart_policy == "always");
  CHECK(host.tags() == std::vector<std::string>{first, "latest"});
  CHECK_FALSE(fs::exists(host.layout().release(second)));
}

TEST_CASE(
    "what others remove while it is stopped is made again: with its volumes, its environment, as compose "
    "knows it") {
  const Host host;
  const auto file = [&](const std::string& version) {
    return host.compose("echo " + version + " >> /data/was; exec sleep 1000",
                        "    volumes: ['/data']\n    environment: {VERSION: " + version + "}\n");
  };
  release(host, first, file("one"));
  const auto pruned = host.id_of(host.name());
  const auto attempt = host.deploy(second, file("two"));
  attempt->apply_all(up_to(StepName::switch_over));
  host.engine.remove(pruned);  // as `docker container prune` does
  attempt->die();
  for (int twice = 0; twice < 2; ++twice)
    for (const auto step : {StepName::switch_over, StepName::create, StepName::build, StepName::sync})
      attempt->undo(step);
  CHECK(host.containers() == std::vector<std::string>{host.name()});
  const auto back = host.engine.inspect(host.name());
  CHECK(back->container.id != pruned);
  CHECK(back->container.running());
  CHECK(back->restart_policy == "always");
  CHECK(back->container.labels.at(label::release) == first);
  CHECK(host.by_hand({"exec", "-T", "web", "cat", "/data/was"}) == "one\ntwo\none\n");
  host.by_hand({"up", "--detach"});
  CHECK(host.id_of(host.name()) == back->container.id);
}

TEST_CASE("a kept release comes back with the environment it had, or its code with today's") {
  const Host host;
  const auto file = [&](const std::string& version) {
    return host.compose(serves, "    environment: {PASSWORD: '${PASSWORD}', VERSION: " + version + "}\n");
  };
  const auto sees = [&] {
    return host.by_hand({"exec", "-T", "web", "sh", "-c", "echo $VERSION $PASSWORD"});
  };
  write_file_atomically(host.live() / ".env", "PASSWORD=old\n");
  release(host, first, file("one"));
  release(host, second, file("two"));
  write_file_atomically(host.live() / ".env", "PASSWORD=new\n");

  const auto back = host.go_back_to(first);
  CHECK(environment_moved_on(*back->context) == std::vector<std::string>{".env"});
  back->apply_all({StepName::create, StepName::switch_over});
  back->context->watch.reset();
  CHECK(back->undo(StepName::switch_over).contains("runs again"));
  back->undo(StepName::create);

  const auto renewed = host.with_current_environment(third, first);
  CHECK(environment_moved_on(*renewed->context).empty());
  renewed->apply(StepName::sync);
  renewed->apply_all(up_to(StepName::verify));
  renewed->context->watch.reset();
  renewed->apply(StepName::settle);
  CHECK(sees() == "one new\n");
  CHECK(host.store().current() == third);
  CHECK(read_file_if_exists(host.live() / "compose.yml") == file("one"));
  const auto id = host.id_of(host.name());
  host.by_hand({"up", "--detach"});
  CHECK(host.id_of(host.name()) == id);
  CHECK_THROWS_WITH_AS(
      host.with_current_environment(fourth, "20260109-000000-adopted")->apply(StepName::sync),
      "release 20260109-000000-adopted has no source", Error);
}

TEST_CASE("a candidate that others remove before it is started is missed before anything is stopped") {
  const Host host;
  release(host, first, host.compose(serves));
  const auto attempt = host.deploy(second, host.compose(serves, "    environment: {VERSION: two}\n"));
  attempt->apply_all(up_to(StepName::create));
  for (const auto& candidate : candidates_of(*attempt->context)) host.engine.remove(candidate.id);
  CHECK_THROWS_WITH_AS(attempt->apply(StepName::switch_over), "the candidate is not whole", Error);
  CHECK(host.engine.inspect(host.name())->container.running());
}

TEST_CASE("a switch that was cut before it stopped anything is undone without a stop") {
  const Host host;
  release(host, first, host.compose(serves));
  const auto started = host.engine.inspect(host.name())->started;
  const auto attempt = host.deploy(second, host.compose(serves));
  attempt->apply_all(up_to(StepName::create));
  attempt->undo(StepName::switch_over);
  CHECK(host.engine.inspect(host.name())->started == started);
  attempt->undo(StepName::create);
}

TEST_CASE(
    "a first release that fails stays stopped under its name, and the next one that fails replaces it") {
  const Host host;
  for (const auto* id : {first, second}) {
    const auto attempt = host.deploy(id, host.compose("exit 3"));
    attempt->apply_all(up_to(StepName::switch_over));
    CHECK_THROWS_AS(attempt->apply(StepName::verify), Error);
    for (int twice = 0; twice < 2; ++twice) attempt->undo(StepName::switch_over);
    CHECK(host.containers() == std::vector<std::string>{host.name()});
    const auto left = host.engine.inspect(host.name());
    CHECK_FALSE(left->container.running());
    CHECK(left->container.labels.at(label::release) == id);
    CHECK(left->restart_policy == "no");
  }
  release(host, third, host.compose(serves));
  CHECK(host.containers() == std::vector<std::string>{host.name()});
  CHECK(host.tags() == std::vector<std::string>{third, "latest"});
  CHECK(host.store().all().size() == 1);
}

TEST_CASE("settling goes on from wherever it was cut, and settling twice changes nothing") {
  const Host host;
  release(host, first, host.compose(serves));
  const auto attempt = host.deploy(second, host.compose(serves, "    environment: {VERSION: two}\n"));
  attempt->apply_all(up_to(StepName::verify));
  attempt->die();
  // A death between the removal of the old container and the renaming of the new one.
  host.engine.remove(host.id_of(host.name()));
  attempt->apply(StepName::settle);
  const auto id = host.id_of(host.name());
  attempt->apply(StepName::settle);
  CHECK(host.id_of(host.name()) == id);
  CHECK(host.containers() == std::vector<std::string>{host.name()});
  CHECK(host.store().current() == second);
}

TEST_CASE("as many good releases are kept as are asked for, and the one that serves, and the one before it") {
  const Host host;
  for (const auto* id : {first, second, third}) release(host, id, host.compose(serves));
  CHECK(host.tags() == std::vector<std::string>{second, third, "latest"});
  const auto back = host.go_back_to(second);
  back->apply_all({StepName::create, StepName::switch_over, StepName::verify});
  back->die();
  back->apply(StepName::settle);
  CHECK(host.store().current() == second);
  release(host, fourth, host.compose(serves));  // from second: third is newer, and among the newest two
  CHECK(host.tags() == std::vector<std::string>{second, third, fourth, "latest"});
}

TEST_CASE("going back brings the old environment and compose model, and `docker compose up` keeps them") {
  const Host host;
  release(host, first, host.compose(serves, "    environment: {VERSION: one}\n    mem_limit: 64m\n"));
  release(host, second, host.compose(serves, "    environment: {VERSION: two}\n"));
  const auto back = host.go_back_to(first);
  back->apply_all({StepName::create, StepName::switch_over, StepName::verify});
  back->die();
  back->apply(StepName::settle);
  const auto id = host.id_of(host.name());
  const auto raw = boost::json::serialize(host.engine.inspect(id)->raw);
  CHECK(raw.find("VERSION=one") != std::string::npos);
  CHECK(raw.find("\"Memory\":67108864") != std::string::npos);
  host.by_hand({"up", "--detach"});
  CHECK(host.id_of(host.name()) == id);
}

TEST_CASE("what the app wrote, .env, backups and what no release brought survive `delete`") {
  const Host host;
  auto attempt = host.deploy(first, host.compose(serves, "    volumes: ['./uploads:/uploads']\n"));
  make_directories(host.layout().source(first) / "uploads");
  write_file_atomically(host.layout().source(first) / "uploads/.gitkeep", "");
  make_directories(host.live() / "backups", 0755);
  for (const auto* file : {".env", "backups/pre-deploy-20260101-000000.sql", "stale.ts"})
    write_file_atomically(host.live() / file, "HERE=only");
  attempt->plan.environment.sync.remove_extraneous = true;
  attempt->plan.environment.backup = PostgresBackup{"db", "user", "base"};
  attempt->apply_all(up_to(StepName::switch_over));
  write_file_atomically(host.live() / "uploads/photo", "written by the app");
  attempt->apply(StepName::verify);
  attempt->die();
  attempt->apply(StepName::settle);
  CHECK(fs::exists(host.live() / "uploads/photo"));
  CHECK(fs::exists(host.live() / "uploads/.gitkeep"));
  CHECK(fs::exists(host.live() / ".env"));
  CHECK(fs::exists(host.live() / "backups/pre-deploy-20260101-000000.sql"));
  CHECK(fs::exists(host.live() / "stale.ts"));
}
