#include <thread>

#include <doctest/doctest.h>
#include <signal.h>

#include "../../unit/drivers/local_server.hpp"
#include "control/deployment.hpp"
#include "world.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

namespace {

/// Calls back at the record of a number, from the thread that shows it.
class ActingWatcher : public RecordingWatcher {
 public:
  std::uint64_t at = 0;
  std::function<void()> act{};
  void record(const Record& record) override {
    RecordingWatcher::record(record);
    if (record.number == at && act) std::exchange(act, nullptr)();
  }
};

struct CutWorld : World {
  AppRepository app{};
  LocalServer site{[](const LocalServer::Peer& peer) {
    peer.read_request();
    peer.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  }};
  ActingWatcher acting{};

  CutWorld() {
    tell_stand_in("url", site.url());
    environment.health.url = site.url();
    environment.health.interval = 10ms;
  }
  Ending deploy(std::stop_token stop = {}) {
    return belay::deploy(app.config(), environment, {}, acting, stop);
  }
  void check_whole(const Ending& ending) {
    CHECK(ending.closed.outcome == RunOutcome::deployed);
    for (std::size_t i = 0; i < ending.records.size(); ++i) CHECK(ending.records[i].number == i + 1);
    CHECK(files_in(live() / "stand-in/source") ==
          std::vector<std::string>{".gitignore", "compose.yml", "index.js"});
    CHECK(acting.count("reconnecting 1 ") >= 1);
  }
};

}  // namespace

TEST_CASE(
    "a connection that is cut at any record is taken up again where it was: no record is lost or shown "
    "twice") {
  for (std::uint64_t number = 1; number <= 9; ++number) {
    CAPTURE(number);
    CutWorld world;
    world.acting.at = number;
    world.acting.act = [&] { ::kill(world.sessions().back().second, SIGKILL); };
    const Ending ending = world.deploy();
    world.check_whole(ending);
    CHECK(world.sshd.logins() == 2);
  }
}

TEST_CASE("fifteen seconds of silence are a dead line") {
  CutWorld world;
  world.acting.at = 1;
  pid_t silent = 0;
  world.acting.act = [&] {
    silent = world.sessions().back().first;
    ::kill(silent, SIGSTOP);
  };
  const Ending ending = world.deploy();
  ::kill(silent, SIGKILL);
  world.check_whole(ending);
  CHECK(holds(world.acting.first("reconnecting 1"), "15 s without a sign of life"));
}

TEST_CASE("a session is kept alive while nobody reads from it") {
  World world;
  world.tell_stand_in("url", "");
  Session session = world.open();
  std::this_thread::sleep_for(17s);  // longer than the silence that either side takes for death
  CHECK(session.ask("echo", {{"a", 1}}, {}, Deadline::in(20s)).as_object().at("a").as_int64() == 1);
  CHECK(world.sshd.logins() == 1);
}

TEST_CASE("a host that stays away is told plainly: it goes on by itself, and attach shows it") {
  CutWorld world;
  std::stop_source source;
  world.acting.at = 2;
  world.acting.act = [&] {
    world.environment.host.port = 1;
    fs::remove(world.sshd.client_config());  // no more way there
    ::kill(world.sessions().back().second, SIGKILL);
  };
  world.acting.on_line = [&](const std::string& line) {
    if (line.starts_with("reconnecting 2")) source.request_stop();  // it would try for a whole minute
  };
  const Error error = error_of([&] { world.deploy(source.get_token()); });
  CHECK(holds(error.message(), "lost the connection"));
  CHECK(holds(error.next(), "The host goes on by itself"));
  CHECK(holds(error.next(), "belay attach production"));
}
