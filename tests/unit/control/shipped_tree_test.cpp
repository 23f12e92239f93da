#include "control/shipped_tree.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/link_tree.hpp"
#include "control/shipped_listings.hpp"
#include "drivers/listed_tree.hpp"
#include "drivers/rsync.hpp"
#include "model/tree_change.hpp"
#include "recording_watcher.hpp"
#include "repository.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

Deadline soon() {
  return Deadline::in(std::chrono::minutes(1));
}

/// A repository whose commits are shipped, and a host's releases.
struct World {
  Scratch scratch{};
  WithVariable cache{"XDG_CACHE_HOME", (scratch / "cache").string()};
  AppRepository app{};
  std::vector<std::string> exclude{};

  fs::path release(int number) const { return scratch / fmt::format("releases/{}/source", number); }
  Checkout committed() const {
    RecordingWatcher watcher;
    return check_out(find_source(app.config().file, app.config().source, "HEAD", false, watcher, {}), "", {},
                     soon());
  }
  /// What rsync makes of the commit as release `number`, beside the links to the one before.
  void ship(int number) const {
    const Checkout checkout = committed();
    const bool links = number > 1;
    if (links) link_tree(release(number - 1), release(number));
    fs::create_directories(release(number));
    rsync::transfer({.from = checkout.source,
                     .to = release(number).string(),
                     .exclude = exclude,
                     .holds_links = links,
                     .compare = rsync::Compare::size_and_time},
                    {}, {}, soon());
    ShippedTree(checkout, exclude).remember();
  }
  std::string mark(int number) const { return mark_of(listed_tree(release(number))); }
  std::optional<ShippedTree::SmallChange> change_from(const std::string& mark) const {
    return ShippedTree(committed(), exclude).change_from(mark);
  }
  /// The files that remember listings.
  std::vector<fs::path> memory() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(scratch / "cache"))
      if (entry.path().filename().string().starts_with("memory-listing-")) found.push_back(entry.path());
    return found;
  }
};

std::vector<std::string> paths_put(const TreeChange& change) {
  std::vector<std::string> paths;
  for (const auto& put : change.put) paths.push_back(put.entry.path);
  return paths;
}

}  // namespace

TEST_CASE("the change of a tree that is remembered leads to the tree that rsync makes") {
  World world;
  world.ship(1);
  world.app.write("app/index.js", "console.log(2)\n");
  world.app.write("app/more/new.js", "new\n");
  fs::remove(world.app.path() / "app/.gitignore");
  fs::create_symlink("index.js", world.app.path() / "app/link");
  world.app.commit("second");
  const auto small = world.change_from(world.mark(1));
  REQUIRE(small);
  const TreeChange change = unpacked(small->packed);
  CHECK(change.from == world.mark(1));
  CHECK(change.removed == std::vector<std::string>{".gitignore"});
  CHECK(paths_put(change) == std::vector<std::string>{"index.js", "link", "more", "more/new.js"});
  CHECK(change.put.front().content == "console.log(2)\n");
  CHECK(small->files == 3);
  CHECK(small->files_sent == 2);
  world.ship(2);
  CHECK(change.to == world.mark(2));
  CHECK(read_file(world.release(1) / "index.js") == "console.log(1)\n");
}

TEST_CASE(
    "any commits one after another, with excludes: what is remembered is what rsync leaves on the host") {
  World world;
  world.exclude = {"/out/", "*.log", "deep/*/x", "secret"};
  std::mt19937 dice(5);
  const std::vector<std::string> names{"a", "b.log", "out", "secret", "deep", "n\nl", "\xff", "x"};
  const auto random_path = [&] {
    std::string path = "app";
    for (std::size_t depth = dice() % 3 + 1; depth > 0; --depth) path += "/" + names[dice() % names.size()];
    return path;
  };
  for (int number = 1; number <= 12; ++number) {
    CAPTURE(number);
    for (int change = 0; change < 8; ++change) {
      const std::string name = random_path();
      const fs::path path = world.app.path() / name;
      // What stands where a directory of the path belongs goes, from the top.
      for (auto slash = name.find('/', 4); slash != std::string::npos; slash = name.find('/', slash + 1)) {
        const fs::path above = world.app.path() / name.substr(0, slash);
        if (!is_real_directory(above)) fs::remove(above);
      }
      remove_tree(path);
      if (dice() % 4 == 0) continue;
      fs::create_directories(path.parent_path());
      if (dice() % 4 == 0)
        fs::create_symlink(names[dice() % names.size()], path);
      else
        write_file_atomically(path, std::to_string(dice()), dice() % 2 == 0 ? 0644 : 0755);
    }
    world.app.write("app/number", std::to_string(number));
    world.app.commit(std::to_string(number));
    const auto small = number > 1 ? world.change_from(world.mark(number - 1)) : std::nullopt;
    world.ship(number);
    CHECK(small.has_value() == (number > 1));
    if (small) CHECK(unpacked(small->packed).to == world.mark(number));
    CHECK(fs::exists(world.release(number) / "number"));
  }
}

TEST_CASE("other patterns leave out other files") {
  World world;
  world.ship(1);
  world.exclude = {"index.js"};
  CHECK(unpacked(world.change_from(world.mark(1))->packed).removed == std::vector<std::string>{"index.js"});
  world.exclude = {"compose.yml"};
  CHECK(unpacked(world.change_from(world.mark(1))->packed).removed ==
        std::vector<std::string>{"compose.yml"});
}

TEST_CASE("a tree that somebody changed on the host is not known, nor is what another machine shipped") {
  World world;
  world.ship(1);
  CHECK(world.change_from(world.mark(1)));
  fs::permissions(world.release(1) / "index.js", fs::perms(0600));
  CHECK_FALSE(world.change_from(world.mark(1)));
  for (const std::string mark : {"", "x", "../../etc/passwd", "times"}) CHECK_FALSE(world.change_from(mark));
  CHECK_FALSE(world.change_from(std::string(64, 'a')));
}

TEST_CASE("a memory that is damaged or cut is none, and the next shipment mends it") {
  const World world;
  world.ship(1);
  REQUIRE(world.memory().size() == 1);
  const fs::path memory = world.memory().front();
  const std::string whole = read_file(memory);
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    write_file_atomically(memory, damaged);
    CHECK_FALSE(world.change_from(world.mark(1)));
    write_file_atomically(memory, whole.substr(0, at));
    CHECK_FALSE(world.change_from(world.mark(1)));
  }
  ShippedTree(world.committed(), {}).remember();
  CHECK(world.change_from(world.mark(1)));
}

TEST_CASE("the newest listings are remembered, and the older ones forgotten") {
  const World world;
  const Checkout checkout = world.committed();
  const ShippedListings listings([&](const std::string& name) { return checkout.kept->memory(name); });
  const auto listing = [](int number) {
    return TreeListing{{.path = "", .kind = TreeEntry::Kind::directory},
                       {.path = std::to_string(number), .mode = 0644}};
  };
  for (int number = 0; number < 30; ++number) {
    listings.remember(listing(number));
    for (const auto& file : world.memory())  // as if each were a minute older than the next
      fs::last_write_time(file, fs::last_write_time(file) - std::chrono::minutes(1));
  }
  CHECK(world.memory().size() == 12);
  for (int number = 0; number < 30; ++number)
    CHECK(listings.with_mark(mark_of(listing(number))).has_value() == (number >= 18));
}

TEST_CASE("much, or too much for a message, is no small change") {
  World world;
  world.ship(1);
  SUBCASE("many files") {
    for (int i = 0; i < 2100; ++i) world.app.write(fmt::format("app/{}/{}", i % 10, i), "");
  }
  SUBCASE("a large file") {
    world.app.write("app/large", std::string(2u << 20, 'a'));
  }
  SUBCASE("what cannot be made smaller") {
    std::mt19937 dice(1);
    std::string noise(300'000, '\0');
    for (char& byte : noise) byte = static_cast<char>(dice() & 0xffu);
    world.app.write("app/noise", noise);
  }
  world.app.commit("much");
  CHECK_FALSE(world.change_from(world.mark(1)));
}

TEST_CASE("of a tree without times nothing is remembered, and there is no change") {
  const Scratch scratch;
  scratch.write("built/a", "a");
  const ShippedTree tree(scratch / "built");
  CHECK(tree.directory() == scratch / "built");
  CHECK(tree.times_memory().empty());
  CHECK_FALSE(tree.change_from(mark_of(listed_tree(scratch / "built"))));
  tree.remember();
}
