#include <memory>
#include <utility>

#include <doctest/doctest.h>

#include "../../unit/drivers/scratch.hpp"
#include "base/error.hpp"
#include "by_hand.hpp"
#include "drivers/docker.hpp"
#include "host/accessory_up.hpp"
#include "release/release_store.hpp"
#include "saga/holder.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

/// A live directory whose current release released `web`; `db` beside it was started by hand.
class Shop {
 public:
  Shop() {
    compose_file("sleep 1000");
    by_hand_ = std::make_unique<ByHand>(live());
    Release release{.id = "20260101-000000-aaaaaaa"};
    release.state = Release::State::good;
    release.project = "belay-up-it";
    release.directory = live();
    release.services.push_back({.name = "web"});
    make_directories(layout().runs());
    ReleaseStore(layout()).save(release);
    ReleaseStore(layout()).set_current(release.id);
  }

  void compose_file(const std::string& db_command) const {
    scratch_.write("shop/compose.yml",
                   "name: belay-up-it\nservices:\n  web: { image: busybox, command: sleep 1000, "
                   "stop_grace_period: 0s }\n"
                   "  db:\n    image: busybox\n    stop_grace_period: 0s\n    command: " +
                       db_command + "\n");
  }
  UpAnswer up(const std::string& service) const {
    return made_anew({.live = live(), .state = scratch_ / "state"},
                     {.environment = {.name = "production", .services = {"web"}},
                      .service = service,
                      .by = {"ana", "laptop"}});
  }
  Error refused(const std::string& service) const {
    try {
      up(service);
    } catch (const Error& error) {
      return error;
    }
    FAIL("it was made");
    std::unreachable();
  }
  std::string id_of(const std::string& service) const {
    const auto found = engine_.container_named("belay-up-it-" + service + "-1");
    return found ? found->id : std::string{};
  }
  const ByHand& by_hand() const { return *by_hand_; }
  fs::path live() const { return scratch_ / "shop"; }
  Layout layout() const { return Layout{live()}; }

 private:
  Scratch scratch_;
  docker::Engine engine_ = docker::Engine::connect();
  std::unique_ptr<ByHand> by_hand_;
};

}  // namespace

TEST_CASE("up makes an accessory anew as compose by hand would, and nothing else") {
  const Shop shop;
  const auto web = shop.id_of("web"), before = shop.id_of("db");
  shop.compose_file("sleep 2000");
  const auto answer = shop.up("db");
  REQUIRE(answer.containers.size() == 1);
  CHECK(answer.containers.front().name == "belay-up-it-db-1");
  CHECK(answer.containers.front().state == "running");
  const auto anew = shop.id_of("db");
  CHECK(anew != before);
  CHECK(shop.id_of("web") == web);
  shop.by_hand().compose({"up", "--detach"});
  CHECK(shop.id_of("db") == anew);
  CHECK(shop.id_of("web") == web);
  CHECK_FALSE(is_held(shop.layout()));
  // Also where the definition is the same: a file that it mounts may have changed.
  shop.up("db");
  CHECK(shop.id_of("db") != anew);
}

TEST_CASE("up: one that is released, none of those there are, and one beside a deployment are refused") {
  const Shop shop;
  const auto web = shop.id_of("web"), db = shop.id_of("db");
  const auto released = shop.refused("web");
  CHECK(released.exit_code() == ExitCode::bad_input);
  CHECK(released.next() == "belay deploy production");
  const auto unknown = shop.refused("dbb");
  CHECK(unknown.exit_code() == ExitCode::bad_input);
  CHECK(unknown.why().contains("db, web"));
  CHECK(unknown.next() == "did you mean db?");
  const auto lock = FileLock::try_acquire(shop.layout().lock());
  REQUIRE(lock);
  write_holder(*lock, {"bo", "ci"}, "20260102-000000-bbbbbbb");
  const auto busy = shop.refused("db");
  CHECK(busy.exit_code() == ExitCode::busy);
  CHECK(busy.message().contains("bo@ci"));
  CHECK(busy.why() == "run 20260102-000000-bbbbbbb");
  CHECK(shop.id_of("web") == web);
  CHECK(shop.id_of("db") == db);
}

TEST_CASE("up: what dies at once is a failure with the last lines of its log") {
  const Shop shop;
  shop.compose_file("[sh, -c, 'echo files of an older version; exit 3']");
  const auto failed = shop.refused("db");
  CHECK(failed.exit_code() == ExitCode::failed);
  CHECK(failed.message().contains("db does not run: belay-up-it-db-1 is exited, exit code 3"));
  CHECK(failed.why() == "files of an older version");
}

TEST_CASE("up: where belay never deployed it is refused, and nothing is left there") {
  const Scratch scratch;
  const Layout layout{scratch / "nowhere"};
  CHECK_THROWS_AS(made_anew({.live = layout.live, .state = scratch / "state"},
                            {.environment = {.name = "production"}, .service = "db"}),
                  Error);
  CHECK_FALSE(fs::exists(layout.live));
  CHECK_FALSE(fs::exists(scratch / "state"));
}
