#include <thread>

#include <doctest/doctest.h>

#include "../../unit/drivers/local_server.hpp"
#include "control/deployment.hpp"
#include "model/tree_change.hpp"
#include "world.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

namespace {

void answer_200(const LocalServer::Peer& peer) {
  peer.read_request();
  peer.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
}

/// A repository, a host, and a public URL.
struct Shop : World {
  AppRepository app{};
  LocalServer site;
  WithVariable cache;  // for the gate's logs

  explicit Shop(LocalServer::Serve serve = answer_200)
      : site(std::move(serve)), cache("XDG_CACHE_HOME", (host / "cache").string()) {
    tell_stand_in("url", site.url("/health"));
    environment.health.url = site.url("/health");
    environment.health.interval = 10ms;
    environment.sync.exclude = {"*.test.js"};
  }
  Ending deploy(const DeployOptions& options = {}, std::stop_token stop = {}) {
    return belay::deploy(app.config(), environment, options, watcher, stop);
  }
  std::vector<std::string> shipped() const { return files_in(live() / "stand-in/source"); }
};

template <class What>
const What* find(const Ending& ending) {
  for (const Record& record : ending.records)
    if (const auto* const found = std::get_if<What>(&record.event)) return found;
  return nullptr;
}

}  // namespace

TEST_CASE("a deployment is tested, shipped, confirmed and reported, over one connection") {
  Shop shop;
  shop.app.write("app/index.test.js", "test\n");
  shop.app.commit("tests");
  shop.environment.test = {{{"test -f index.test.js"}}};
  const Ending ending = shop.deploy();
  CHECK(ending.closed.outcome == RunOutcome::deployed);
  CHECK(holds(ending.closed.checked, "answered 200 (2 of 2)"));
  CHECK(shop.shipped() == std::vector<std::string>{".gitignore", "compose.yml", "index.js"});
  const auto* const opened = find<event::Opened>(ending);
  REQUIRE(opened);
  CHECK(opened->plan.gate.commands == 1);
  CHECK(opened->plan.commit.subject == "tests");
  CHECK(ending.run == opened->run);
  const auto* const heard = find<event::Heard>(ending);
  REQUIRE(heard);
  CHECK(holds(heard->detail, "3 files"));
  CHECK(shop.sshd.logins() == 1);
  CHECK(shop.watcher.count("asked_from_here") == 2);
}

TEST_CASE(
    "where little changed the change goes with the answer, and rsync follows where the host asks for it") {
  Shop shop;
  const fs::path own = shop.live() / "stand-in", change = own / "change";
  shop.deploy();
  CHECK(!fs::exists(change));
  shop.tell_stand_in("links", "");
  const auto deploy = [&](const std::string& text) {
    fs::remove(own / "journal");
    shop.app.write("app/index.js", text);
    shop.app.write("app/new.test.js", text);  // is left out
    shop.app.commit(text);
    return shop.deploy();
  };
  const Ending second = deploy("2");
  CHECK(second.closed.outcome == RunOutcome::deployed);
  const TreeChange sent = unpacked(read_file(change));
  REQUIRE(sent.put.size() == 1);
  CHECK(sent.put.front().entry.path == "index.js");
  CHECK(sent.put.front().content == "2");
  CHECK(sent.removed.empty());
  const std::string told = find<event::Heard>(second)->detail;
  CHECK(told.starts_with("3 files, "));
  CHECK(holds(told, "; 1 files, "));
  CHECK(told.ends_with(" sent with the answer"));
  CHECK(read_file(own / "source/index.js") == "console.log(1)\n");  // no rsync ran

  shop.tell_stand_in("distrusts", "");
  const Ending third = deploy("3");
  CHECK(third.closed.outcome == RunOutcome::deployed);
  CHECK(unpacked(read_file(change)).put.front().content == "3");
  CHECK(read_file(own / "source/index.js") == "3");
  fs::remove(change);
  fs::permissions(own / "source/index.js", fs::perms(0600));  // by hand
  CHECK(deploy("4").closed.outcome == RunOutcome::deployed);
  CHECK(!fs::exists(change));
  CHECK(read_file(own / "source/index.js") == "4");
  CHECK(shop.shipped() == std::vector<std::string>{".gitignore", "compose.yml", "index.js"});
}

TEST_CASE("what the gate's commands leave behind is not shipped") {
  Shop shop;
  shop.environment.test = {
      {{"mkdir -p node_modules/x dist && echo built > dist/out.js && touch node_modules/x/y.js",
        "echo spoilt > index.js; echo new > left-behind.js"}}};
  CHECK(shop.deploy().closed.outcome == RunOutcome::deployed);
  CHECK(shop.shipped() == std::vector<std::string>{".gitignore", "compose.yml", "index.js"});
  CHECK(read_file(shop.live() / "stand-in/source/index.js") == "console.log(1)\n");
}

TEST_CASE("a failing test stops everything: the host is not given a plan") {
  Shop shop;
  shop.environment.test = {{{"false"}}};
  const Error error = error_of([&] { shop.deploy(); });
  CHECK(error.exit_code() == ExitCode::failed);
  CHECK(!fs::exists(shop.live() / "stand-in/journal"));
}

TEST_CASE("--skip-test is told and recorded") {
  Shop shop;
  shop.environment.test = {{{"false"}}};
  const Ending ending = shop.deploy({.skip_test = true});
  CHECK(find<event::Opened>(ending)->plan.gate.skipped);
  CHECK(shop.watcher.count("gate_skipped") == 1);
}

TEST_CASE("a bad key shows before the tests run") {
  Shop shop;
  shop.environment.test = {{{"touch " + (shop.host / "tested").string()}}};
  const WithVariable keyless("BELAY_SSH_CONFIG", shop.sshd.keyless_config().string());
  CHECK(error_of([&] { shop.deploy(); }).exit_code() == ExitCode::bad_input);
  CHECK(!fs::exists(shop.host / "tested"));
}

TEST_CASE("a public URL that does not answer well is told to the host, which rolls back") {
  Shop shop([](const LocalServer::Peer& peer) {
    peer.read_request();
    peer.say("HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  shop.environment.health.attempts = 3;
  const Ending ending = shop.deploy();
  CHECK(ending.closed.outcome == RunOutcome::rolled_back);
  CHECK(holds(ending.closed.message, "answered 500"));
  CHECK(shop.watcher.count("asked_from_here") == 3);
}

TEST_CASE("an environment that is held is refused with exit code 4, saying by whom") {
  Shop shop;
  shop.tell_stand_in("held", "refused");
  const Error error = error_of([&] { shop.deploy(); });
  CHECK(error.exit_code() == ExitCode::busy);
  CHECK(holds(error.message(), "ann@laptop"));
  CHECK(holds(error.next(), "--wait"));
}

TEST_CASE("a stop while waiting for the lock begins nothing") {
  Shop shop;
  shop.tell_stand_in("held", "waiting");
  std::stop_source source;
  shop.watcher.on_line = [&](const std::string& line) {
    if (line.starts_with("held waiting")) source.request_stop();
  };
  CHECK(error_of([&] { shop.deploy({.wait = true}, source.get_token()); }).exit_code() == ExitCode::busy);
  CHECK(!fs::exists(shop.live() / "stand-in/journal"));
}

TEST_CASE("a stop is passed on, and the undoing is watched to its end") {
  Shop shop([](const LocalServer::Peer& peer) { peer.hold(); });
  std::stop_source source;
  std::jthread stopper([&] {
    comes_true([&] {
      return holds(read_file_if_exists(shop.live() / "stand-in/journal").value_or(""), "confirmation");
    });
    source.request_stop();
  });
  const Ending ending = shop.deploy({}, source.get_token());
  CHECK(ending.closed.outcome == RunOutcome::rolled_back);
  CHECK(ending.closed.message == "cancelled");
  CHECK(find<event::UndoDone>(ending) != nullptr);
}

TEST_CASE("attach shows a finished run from its first record, and does nothing to it") {
  Shop shop;
  const Ending deployed = shop.deploy();
  RecordingWatcher watcher;
  const Ending shown = attach(shop.environment, watcher, {});
  CHECK(shown.records.size() == deployed.records.size());
  CHECK(shown.closed.outcome == RunOutcome::deployed);
  CHECK(watcher.count("asked_from_here") == 0);
}

TEST_CASE("attach without any run is the host's error") {
  Shop shop;
  RecordingWatcher watcher;
  CHECK(error_of([&] { attach(shop.environment, watcher, {}); }).message() == "there was no deployment yet");
}
