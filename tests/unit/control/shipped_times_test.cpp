#include "control/shipped_times.hpp"

#include <algorithm>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/link_tree.hpp"
#include "repository.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

/// A kept tree's files, a host's releases, and the memory between them.
struct World {
  Scratch scratch{};

  fs::path release(const std::string& id) const { return scratch / ("releases/" + id + "/source"); }
  std::string memory() const { return scratch / "memory"; }
  /// Ships `tree` as release `id`, against release `last`, as host and controller do it; how it was compared.
  rsync::Request ship(const std::string& tree, const std::string& id, const std::string& last,
                      const std::string& memory) const {
    rsync::Request request{.from = scratch / tree, .to = release(id).string()};
    const ShippedTimes times(memory);
    if (!last.empty()) {
      const auto timed = times.directories_on("host");
      request.holds_links = std::ranges::find(timed, release(last).string()) != timed.end();
      if (request.holds_links)
        link_tree(release(last), release(id));
      else
        request.link_destination = release(last).string();
    }
    times.choose(request, "host", release(id));
    fs::create_directories(release(id));
    rsync::transfer(request, {}, {}, Deadline::in(std::chrono::minutes(1)));
    times.note(request, "host", release(id));
    return request;
  }
};

ino_t inode(const fs::path& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_ino;
}

}  // namespace

TEST_CASE("from the second deployment on size and time tell, and what is the same is linked") {
  const World world;
  world.scratch.write("tree/same", "same");
  const fs::path changed = world.scratch.write("tree/changed", "one");
  CHECK(world.ship("tree", "1", "", world.memory()).keep_times);
  world.scratch.write("tree/changed", "two");
  fs::last_write_time(changed, fs::last_write_time(changed) + std::chrono::seconds(2));
  CHECK(world.ship("tree", "2", "1", world.memory()).compare == rsync::Compare::size_and_time);
  CHECK(read_file(world.release("2") / "changed") == "two");
  CHECK(read_file(world.release("1") / "changed") == "one");
  CHECK(inode(world.release("2") / "same") == inode(world.release("1") / "same"));
}

TEST_CASE("another machine's release is compared by contents, however its times look") {
  const World world;
  world.scratch.write("ours/same", "same");
  const fs::path ours = world.scratch.write("ours/changed", "one");
  world.scratch.write("theirs/same", "same");
  const fs::path theirs = world.scratch.write("theirs/changed", "two");
  fs::last_write_time(theirs, fs::last_write_time(ours));  // the same size and time, by chance
  world.ship("theirs", "1", "", world.scratch / "their memory");

  const auto first = world.ship("ours", "2", "1", world.memory());
  CHECK(first.compare == rsync::Compare::contents);
  CHECK(!first.keep_times);
  CHECK(read_file(world.release("2") / "changed") == "one");
  CHECK(inode(world.release("2") / "same") == inode(world.release("1") / "same"));

  const auto second = world.ship("ours", "3", "2", world.memory());  // times go along now
  CHECK(second.compare == rsync::Compare::contents);
  CHECK(second.keep_times);
  CHECK(world.ship("ours", "4", "3", world.memory()).compare == rsync::Compare::size_and_time);
  CHECK(inode(world.release("4") / "same") == inode(world.release("3") / "same"));

  world.ship("theirs", "5", "4", world.scratch / "their memory");
  CHECK(world.ship("ours", "6", "5", world.memory()).compare == rsync::Compare::contents);
}

TEST_CASE("without a memory contents decide") {
  const World world;
  world.scratch.write("tree/a", "a");
  const auto request = world.ship("tree", "1", "", "");
  CHECK(request.compare == rsync::Compare::contents);
  CHECK(!request.keep_times);
}
