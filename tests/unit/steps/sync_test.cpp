#include <deque>
#include <map>

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "../drivers/local_server.hpp"
#include "../drivers/scratch.hpp"
#include "base/error.hpp"
#include "base/link_tree.hpp"
#include "drivers/listed_tree.hpp"
#include "model/tree_change.hpp"
#include "steps/step.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

/// A controller in one piece: gives the answers in their order, each of which may act first, as rsync would.
class ScriptedLedger : public Ledger {
 public:
  using Answer = std::function<ControllerReply()>;
  std::deque<Answer> answers{};
  std::vector<std::string> asked{}, lines{};

  void note(StepName, const std::string& key, boost::json::value value) override { notes_[key] = value; }
  std::optional<boost::json::value> noted(StepName, const std::string& key) const override {
    const auto found = notes_.find(key);
    return found == notes_.end() ? std::nullopt : std::optional(found->second);
  }
  bool done(StepName) const override { return false; }
  bool ended(StepName) const override { return false; }
  bool taken_up_again() const override { return false; }
  void acts_come_first() override {}
  void output(StepName, const std::string& line) override { lines.push_back(line); }
  void progress(StepName, std::int64_t, std::int64_t, const std::string&) override {}
  std::optional<std::string> asked_for(const std::string&) override { return {}; }
  ControllerReply ask_controller(const std::string& what, const std::string&, std::chrono::milliseconds,
                                 std::stop_token) override {
    asked.push_back(what);
    REQUIRE_FALSE(answers.empty());
    const Answer answer = answers.front();
    answers.pop_front();
    return answer();
  }

 private:
  std::map<std::string, boost::json::value> notes_{};
};

/// The step asks nothing of it.
docker::Engine silent_engine() {
  const Scratch scratch;
  const LocalServer server((scratch / "docker.sock").string(), [](const LocalServer::Peer& peer) {
    peer.read_request();
    peer.say("HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"ApiVersion\":\"1.52\"}");
  });
  const WithVariable host("DOCKER_HOST", "unix://" + (scratch / "docker.sock").string());
  return docker::Engine::connect();
}

/// A host whose current release `before` the controller has shipped, and the step that brings `next`.
struct World {
  Scratch scratch{};
  Layout layout{.live = scratch / "live", .state = scratch / "state"};
  Plan plan{.app = "app", .environment = {}, .release = "next"};
  ScriptedLedger ledger{};
  fs::path before = layout.source("before"), next = layout.source("next");

  World() {
    plan.environment.compose = {"compose.yml"};
    plan.sources_with_our_times = {"/elsewhere", before.string()};
    for (const char* file : {"compose.yml", "gone", "turns", "changes", "same/as/before"})
      scratch.write(std::string("state/releases/before/source/") + file, "old");
    fs::create_directories(layout.live);
    fs::permissions(before, fs::perms(0755));
  }
  std::string apply() {
    Context context{.plan = plan,
                    .release = "next",
                    .nonce = "n",
                    .previous = "before",
                    .began = now(),
                    .layout = layout,
                    .store = ReleaseStore(layout),
                    .engine = silent_engine(),
                    .ledger = ledger,
                    .stop = {}};
    return step_of(StepName::sync).apply(context);
  }
  /// What a controller would send.
  TreeChange change() const {
    const Scratch there;
    link_tree(before, there / "tree");
    for (const char* path : {"gone", "turns", "changes"}) fs::remove(there / "tree" / path);
    there.write("tree/turns/into", "new");
    there.write("tree/changes", "new");
    const TreeListing from = listed_tree(before), to = listed_tree(there / "tree");
    TreeChange change = change_between(from, to);
    for (auto& put : change.put)
      if (put.entry.kind == TreeEntry::Kind::file) put.content = read_file(there / "tree" / put.entry.path);
    return change;
  }
  void answer(const TreeChange& change) {
    ledger.answers.push_back([text = packed(change)] {
      return ControllerReply{{.what = "source", .ok = true, .detail = "with the answer"}, text};
    });
  }
  void answer_by_rsync() {
    ledger.answers.push_back([this] {
      remove_tree(next);
      scratch.write("state/releases/next/source/compose.yml", "by rsync");
      return ControllerReply{{.what = "source by rsync", .ok = true, .detail = "by rsync"}};
    });
  }
  LinkedSource linked() const { return noted<notes::LinkedTree>(ledger).value().value; }
};

ino_t inode(const fs::path& path) {
  struct stat status{};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_ino;
}

}  // namespace

TEST_CASE("a change in the answer makes the source of the release before, which stays as it is") {
  World world;
  const std::string mark = mark_of(listed_tree(world.before));
  const TreeChange change = world.change();
  world.answer(change);
  CHECK(world.apply() == "with the answer");
  CHECK(world.ledger.asked == std::vector<std::string>{"source"});
  CHECK(world.linked().release == "before");
  CHECK(world.linked().mark == mark);
  CHECK(mark_of(listed_tree(world.next)) == change.to);
  CHECK(read_file(world.next / "turns/into") == "new");
  CHECK(read_file(world.next / "changes") == "new");
  CHECK_FALSE(fs::exists(world.next / "gone"));
  CHECK(inode(world.next / "same/as/before") == inode(world.before / "same/as/before"));
  CHECK(mark_of(listed_tree(world.before)) == mark);
  CHECK(read_file(world.before / "changes") == "old");
}

TEST_CASE("an answer without a change: rsync has brought the source") {
  World world;
  world.answer_by_rsync();
  CHECK(world.apply() == "by rsync");
  CHECK(world.ledger.asked.size() == 1);
}

TEST_CASE("a change that does not make the tree that was meant is followed by rsync") {
  World world;
  TreeChange change = world.change();
  SUBCASE("it is of another tree") {
    change.from = change.to;
  }
  SUBCASE("it leads to another tree") {
    change.to = change.from;
  }
  SUBCASE("the host could not look at all that it had linked, or linked nothing") {
    world.plan.sources_with_our_times.clear();
  }
  world.answer(change);
  world.answer_by_rsync();
  CHECK(world.apply() == "by rsync");
  CHECK(world.ledger.asked == std::vector<std::string>{"source", "source by rsync"});
  CHECK(world.ledger.lines.size() == 1);
  CHECK(read_file(world.before / "changes") == "old");
}

TEST_CASE("a change that is damaged, or leaves the source, fails the step and names the reason") {
  World world;
  const std::string mark = mark_of(listed_tree(world.before));
  SUBCASE("damaged") {
    world.ledger.answers.push_back([&world] {
      auto text = packed(world.change()).value();
      text.resize(text.size() / 2 / 4 * 4);
      return ControllerReply{{.what = "source", .ok = true, .detail = {}}, text};
    });
    CHECK_THROWS_WITH_AS(world.apply(), doctest::Contains("the change of the source cannot be read"), Error);
  }
  SUBCASE("outside") {
    TreeChange change = world.change();
    change.put.push_back({.entry = {.path = "../../before/source/changes", .mode = 0644}});
    world.answer(change);
    CHECK_THROWS_WITH_AS(world.apply(), doctest::Contains("../../before/source/changes"), Error);
  }
  CHECK(world.ledger.asked.size() == 1);
  CHECK(mark_of(listed_tree(world.next)) == mark);  // nothing of it was made
  CHECK(mark_of(listed_tree(world.before)) == mark);
}

TEST_CASE("what the controller does not know the times of is not linked, and its mark not told") {
  World world;
  world.plan.sources_with_our_times = {"/elsewhere"};
  world.answer_by_rsync();
  world.apply();
  CHECK(world.linked().release.empty());
  CHECK(world.linked().mark.empty());
  CHECK(noted<notes::LinkDestination>(world.ledger)->value == world.before.string());
}
