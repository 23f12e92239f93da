#include <doctest/doctest.h>

#include "host.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

const auto first = "20260101-000000-aaaaaaa", second = "20260102-000000-bbbbbbb";

/// A release of `web` beside `db`, which is not released and mounts a file that releases bring.
struct Shop {
  Host host;

  std::string compose(const std::string& db) const {
    return host.compose("exec sleep 1000",
                        "    depends_on: [db]\n  db:\n    image: busybox\n    stop_grace_period: 0s\n"
                        "    command: sleep 1000\n    volumes: ['./db.conf:/etc/db.conf:ro']\n" +
                            db);
  }
  std::unique_ptr<testing::Attempt> attempt(const std::string& id, const std::string& db,
                                            const std::string& conf) const {
    auto attempt = host.deploy(id, compose(db));
    write_file_atomically(host.layout().source(id) / "db.conf", conf);
    return attempt;
  }
  static void settle(testing::Attempt& attempt) {
    attempt.apply(StepName::create);
    attempt.apply(StepName::switch_over);
    attempt.apply(StepName::verify);
    attempt.context->watch.reset();
    attempt.apply(StepName::settle);
  }
  std::vector<StaleAccessory> release(const std::string& id, const std::string& db,
                                      const std::string& conf) const {
    const auto made = attempt(id, db, conf);
    made->apply(StepName::build);
    settle(*made);
    return noted<notes::StaleAccessories>(made->ledger)->value;
  }
  std::string db() const { return host.id_of(host.name() + "-db-1"); }
};

}  // namespace

TEST_CASE(
    "an accessory goes on as it runs; that its definition or a file of it changed is said, also going back") {
  const Shop shop;
  CHECK(shop.release(first, "", "one").empty());
  const auto before = shop.db();
  REQUIRE_FALSE(before.empty());

  const auto stale = shop.release(second, "    environment: {SIZE: big}\n", "two");
  REQUIRE(stale.size() == 1);
  CHECK(stale.front().what ==
        "db (not released) differs from the compose file: environment SIZE; it mounts what this release "
        "changes: "
        "db.conf; it goes on as it runs");
  CHECK(stale.front().remedy == "belay up production db");
  CHECK(shop.db() == before);

  shop.host.by_hand({"up", "--detach", "--no-deps", "db"});
  const auto anew = shop.db();
  CHECK(anew != before);
  const auto back = shop.host.go_back_to(first);
  Shop::settle(*back);
  const auto then = noted<notes::StaleAccessories>(back->ledger)->value;
  REQUIRE(then.size() == 1);
  CHECK(then.front().what.contains("db.conf"));
  CHECK(shop.db() == anew);
}

TEST_CASE("an accessory that runs as the compose file says is not spoken of") {
  const Shop shop;
  shop.release(first, "    environment: {SIZE: big}\n", "one");
  const auto made = shop.attempt(second, "    environment: {SIZE: big}\n", "one");
  made->apply_all({StepName::build, StepName::create});
  CHECK(noted<notes::StaleAccessories>(made->ledger)->value.empty());
  CHECK(std::ranges::none_of(made->ledger.lines,
                             [](const std::string& line) { return line.contains("belay up"); }));
  made->undo(StepName::create);
}
