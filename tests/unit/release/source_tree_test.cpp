#include "release/source_tree.hpp"

#include <array>
#include <fstream>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "../drivers/scratch.hpp"
#include "../model/random_trees.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/link_tree.hpp"
#include "drivers/listed_tree.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

using Kind = TreeEntry::Kind;

void set_time(const fs::path& path, std::int64_t ns) {
  const std::int64_t fraction = ((ns % 1'000'000'000) + 1'000'000'000) % 1'000'000'000;
  const timespec time{.tv_sec = (ns - fraction) / 1'000'000'000, .tv_nsec = fraction};
  const std::array<timespec, 2> both{time, time};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), both.data(), 0) == 0);
}

/// Without any of the code that is tested.
void lay_out(const fs::path& root, const Tree& tree) {
  for (const auto& [path, put] : tree) {
    const fs::path full = path.empty() ? root : root / path;
    if (put.entry.kind == Kind::directory) fs::create_directories(full);
    if (put.entry.kind == Kind::symlink) fs::create_symlink(put.entry.target, full);
    if (put.entry.kind == Kind::file) {
      std::ofstream(full, std::ios::binary) << put.content;
      set_time(full, put.entry.modified);
    }
    if (put.entry.kind != Kind::symlink) REQUIRE(::chmod(full.c_str(), put.entry.mode) == 0);
  }
}

Tree tree_at(const fs::path& root) {
  Tree tree;
  for (const TreeEntry& entry : listed_tree(root))
    tree[entry.path] = {.entry = entry,
                        .content = entry.kind == Kind::file ? read_file(root / entry.path) : std::string{}};
  return tree;
}

bool same(const Tree& one, const Tree& other) {
  return std::ranges::equal(one, other, [](const auto& a, const auto& b) {
    return a.second.entry == b.second.entry && a.second.content == b.second.content;
  });
}

TreeChange of(std::vector<std::string> removed, std::vector<TreeChange::Put> put) {
  return {.removed = std::move(removed), .put = std::move(put)};
}
TreeChange::Put file(const std::string& path, const std::string& content = "new") {
  return {.entry = {.path = path, .mode = 0644, .size = content.size()}, .content = content};
}
TreeChange::Put directory(const std::string& path) {
  return {.entry = {.path = path, .kind = Kind::directory, .mode = 0755}};
}

/// A kept release and the tree that is linked to it; beside them what nobody may touch.
struct World {
  Scratch scratch;
  fs::path kept = scratch / "kept", linked = scratch / "linked";

  World() {
    scratch.write("kept/a", "a");
    scratch.write("kept/dir/b", "b");
    scratch.write("outside/c", "c");
    fs::create_directory_symlink("../outside", kept / "out");
    fs::create_symlink("a", kept / "alias");
    link_tree(kept, linked);
  }
  /// Why it is refused; nothing of it may be made then.
  std::string refusal(const TreeChange& change) const {
    const Tree before = tree_at(scratch.path());
    try {
      make_change(linked, change);
    } catch (const Error& error) {
      CHECK(same(tree_at(scratch.path()), before));
      return error.message_and_why();
    }
    return {};
  }
};

}  // namespace

TEST_CASE("a change makes the one tree of the other, once and twice, and a linked release stays as it is") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const Scratch scratch;
    RandomTrees trees(seed);
    const Tree from = trees.tree(), to = seed % 10 == 0 ? trees.tree() : trees.next(from);
    lay_out(scratch / "kept", from);
    REQUIRE(same(tree_at(scratch / "kept"), from));
    link_tree(scratch / "kept", scratch / "linked");
    REQUIRE(mark_of(listed_tree(scratch / "linked")) == mark_of(listing_of(from)));
    const TreeChange change = change_with_contents(from, to);
    for (int time = 0; time < 2; ++time) {
      make_change(scratch / "linked", change);
      CHECK(same(tree_at(scratch / "linked"), to));
      CHECK(mark_of(listed_tree(scratch / "linked")) == change.to);
      CHECK(same(tree_at(scratch / "kept"), from));
    }
  }
}

TEST_CASE("a change that was made in part is made whole by the next try") {
  for (unsigned seed = 0; seed < 8; ++seed) {
    CAPTURE(seed);
    RandomTrees trees(seed);
    const Tree from = trees.tree(), to = trees.next(from);
    const TreeChange change = change_with_contents(from, to);
    for (std::size_t acts = 0; acts <= change.removed.size() + change.put.size(); ++acts) {
      const Scratch scratch;
      lay_out(scratch / "tree", from);
      TreeChange part = change;
      part.removed.resize(std::min(acts, part.removed.size()));
      part.put.resize(acts - part.removed.size());
      make_change(scratch / "tree", part);
      make_change(scratch / "tree", change);
      CHECK(same(tree_at(scratch / "tree"), to));
    }
  }
}

TEST_CASE("a path that leaves the tree is refused and named, before anything is made") {
  const World world;
  for (const std::string path : {"/etc/passwd", "../outside/c", "dir/../../outside/c", "..", ".", "",
                                 "dir//b", "dir/", "./a", "dir/.", "/"}) {
    CAPTURE(path);
    if (!path.empty()) {
      CHECK(world.refusal(of({}, {file("good"), file(path)})).contains(path));
      CHECK(world.refusal(of({}, {directory("good"), directory(path)})).contains(path));
    }
    CHECK(world.refusal(of({"a", path}, {file("good")})).contains("refused"));
    CHECK(world.refusal(of({}, {file("good"), file(path)})).contains("refused"));
  }
  TreeChange::Put odd = file("odd");
  odd.entry.mode = 0100644;
  CHECK(world.refusal(of({}, {odd})).contains("odd"));
}

TEST_CASE("nothing goes through a symlink, nor into what is no directory") {
  const World world;
  for (const std::string path : {"out/c", "out/new", "out/deep/new", "alias/x", "a/x", "absent/x"}) {
    CAPTURE(path);
    CHECK(world.refusal(of({}, {file(path)})).contains(path));
    CHECK(world.refusal(of({}, {directory(path)})).contains(path));
    if (path != "out/deep/new" && path != "absent/x") CHECK(world.refusal(of({path}, {})).contains(path));
  }
  CHECK(world.refusal(of({}, {file("dir")})).contains("dir"));  // not removed before
  CHECK(world.refusal(of({}, {directory("a")})).contains("a"));
  make_change(world.linked, of({"absent/x", "absent"}, {}));  // gone is gone
  CHECK(same(tree_at(world.linked), tree_at(world.kept)));
}

TEST_CASE("a symlink gives way, and what it leads to stays") {
  const World world;
  make_change(world.linked, of({"out"}, {directory("out"), file("out/c"), file("alias")}));
  CHECK(read_file(world.linked / "out/c") == "new");
  CHECK(read_file(world.linked / "alias") == "new");
  CHECK(read_file(world.scratch / "outside/c") == "c");
  CHECK(read_file(world.kept / "a") == "a");
  CHECK(read_file(world.linked / "a") == "a");
}

TEST_CASE("a read-only directory is filled, and then has its mode") {
  const World world;
  TreeChange::Put closed = directory("closed");
  closed.entry.mode = 0555;
  make_change(world.linked, of({}, {closed, file("closed/x")}));
  CHECK(read_file(world.linked / "closed/x") == "new");
  CHECK((fs::status(world.linked / "closed").permissions() & fs::perms::mask) == fs::perms(0555));
}

TEST_CASE("a name that is as long as can be is written, and one that is longer is named") {
  const World world;
  make_change(world.linked, of({}, {file(std::string(255, 'x'))}));
  CHECK(read_file(world.linked / std::string(255, 'x')) == "new");
  const std::string longer(256, 'y');
  CHECK(world.refusal(of({}, {file(longer)})).contains(longer));
}
