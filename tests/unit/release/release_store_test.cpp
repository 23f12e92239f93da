#include "release/release_store.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "../drivers/scratch.hpp"
#include "base/error.hpp"

using namespace belay;
using belay::testing::Scratch;

namespace {

struct Kept {
  Scratch live;
  Layout layout{live.path()};
  ReleaseStore store{layout};

  void save(const std::string& id, Release::State state = Release::State::good) const {
    store.save({.id = id, .state = state, .compose_file = "compose.yml"});
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> found;
    for (const auto& release : store.all()) found.push_back(release.id);
    return found;
  }
};

}  // namespace

TEST_CASE("all of an environment lies below .belay in its live directory") {
  const Layout layout{"/srv/app"};
  CHECK(layout.lock() == "/srv/app/.belay/lock");
  CHECK(layout.source("r") == "/srv/app/.belay/releases/r/source");
  CHECK(layout.journal("r") == "/srv/app/.belay/runs/r/journal.jsonl");
}

TEST_CASE("a host that was never deployed to has no releases and none that serves") {
  const Kept kept;
  CHECK(kept.store.all().empty());
  CHECK(kept.store.current().empty());
  CHECK_FALSE(kept.store.find("r1").has_value());
  CHECK_FALSE(kept.store.find("").has_value());
  CHECK_FALSE(kept.store.good_before("").has_value());
}

TEST_CASE("releases come newest first") {
  const Kept kept;
  for (const auto* id : {"20260101-000000-a", "20260103-000000-c", "20260102-000000-b"}) kept.save(id);
  CHECK(kept.ids() ==
        std::vector<std::string>{"20260103-000000-c", "20260102-000000-b", "20260101-000000-a"});
}

TEST_CASE("a directory whose release.json was never written is no release") {
  const Kept kept;
  kept.save("r1");
  // What a death leaves: the source, and the file that was to be renamed.
  kept.live.write(".belay/releases/r2/source/main.ts", "");
  kept.live.write(".belay/releases/r2/.release.json.0123", "{\"form");
  CHECK(kept.ids() == std::vector<std::string>{"r1"});
}

TEST_CASE("a release.json that is damaged is an error that names the release, not an absent release") {
  const Kept kept;
  kept.save("r1");
  const auto file = kept.layout.release("r1") / "release.json";
  const auto whole = read_file(file);
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    write_file_atomically(file, whole.substr(0, length));
    CAPTURE(length);
    try {
      (void)kept.store.find("r1");
      FAIL("a prefix was read as a release");
    } catch (const Error& error) {
      REQUIRE_FALSE(error.frames().empty());
      CHECK(error.frames().back() == "reading release r1");
    }
  }
}

TEST_CASE("saving again replaces the release and leaves no other file") {
  const Kept kept;
  kept.save("r1", Release::State::candidate);
  kept.save("r1", Release::State::good);
  CHECK(kept.store.find("r1")->state == Release::State::good);
  CHECK(std::distance(fs::directory_iterator(kept.layout.release("r1")), {}) == 1);
}

TEST_CASE("the one that serves is what the link says, and the link can be followed by people") {
  const Kept kept;
  kept.save("r1");
  kept.save("r2");
  kept.store.set_current("r1");
  kept.store.set_current("r2");
  CHECK(kept.store.current() == "r2");
  CHECK(fs::exists(kept.layout.current() / "release.json"));
}

TEST_CASE("only a good release is gone back to, and each time an older one") {
  const Kept kept;
  kept.save("r1");
  kept.save("r2");
  kept.save("r3", Release::State::failed);
  kept.save("r4", Release::State::candidate);
  kept.save("r5");
  CHECK(kept.store.good_before("")->id == "r5");
  CHECK(kept.store.good_before("r5")->id == "r2");
  CHECK(kept.store.good_before("r2")->id == "r1");
  CHECK_FALSE(kept.store.good_before("r1").has_value());
  for (const char* id : {"", "r5", "r2"})
    CHECK(good_before(kept.store.all(), id)->id == kept.store.good_before(id)->id);
  CHECK_FALSE(good_before(kept.store.all(), "r1").has_value());
}

TEST_CASE("a release that was rolled back from is not gone back to") {
  const Kept kept;
  for (const char* id : {"r1", "r2", "r3", "r4", "r5"}) kept.save(id);
  const auto replaces = [&](const std::string& id, const std::string& replaced) {
    auto release = *kept.store.find(id);
    release.replaced = replaced;
    kept.store.save(release);
  };
  replaces("r4", "r3");
  replaces("r5", "r3");  // from r4 somebody went back to r3, and deployed r5 over that
  CHECK(kept.store.good_before("r5")->id == "r3");
  CHECK(good_before(kept.store.all(), "r5")->id == "r3");
  CHECK(kept.store.good_before("r3")->id == "r2");
  kept.store.remove("r3");
  CHECK(kept.store.good_before("r5")->id == "r2");
  replaces("r2", "r9");  // a clock that went back
  CHECK(kept.store.good_before("r2")->id == "r1");
}

TEST_CASE("removing a release twice is removing it once") {
  const Kept kept;
  kept.save("r1");
  kept.live.write(".belay/releases/r1/source/main.ts", "");
  kept.store.remove("r1");
  kept.store.remove("r1");
  CHECK_FALSE(fs::exists(kept.layout.release("r1")));
}
