#include "control/kept_tree.hpp"

#include <csignal>
#include <cstdlib>
#include <optional>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"
#include "repository.hpp"
#include "with_umask.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

Deadline soon() {
  return Deadline::in(std::chrono::minutes(1));
}

/// A repository, and the place where its trees are kept.
struct World {
  AppRepository app{};
  Scratch space{};

  KeptTree::Wanted wanted() const {
    const std::string commit = trimmed(app.git({"rev-parse", "HEAD"}));
    return {.repository = app.path(),
            .commit = commit,
            .tree = trimmed(app.git({"rev-parse", commit + "^{tree}"})),
            .inside = "."};
  }
  /// As a run of its own: takes the tree, and brings it to what is committed.
  KeptTree brought() const {
    KeptTree tree = KeptTree::take(space.path(), "shop");
    tree.bring_to(wanted(), {}, soon());
    return tree;
  }
  std::string commit() const { return app.commit("more"); }
  static std::string trimmed(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }
};

struct stat status_of(const fs::path& path) {
  struct stat status{};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

mode_t mode_of(const fs::path& path) {
  return status_of(path).st_mode & 07777;
}

/// The content, and the time that went with it.
std::pair<std::string, time_t> what_is_at(const fs::path& path) {
  return {read_file(path), status_of(path).st_mtime};
}

}  // namespace

TEST_CASE("the tree holds what is committed, and a second run writes nothing") {
  const World world;
  {
    const KeptTree tree = world.brought();
    CHECK(files_in(tree.directory()) == std::vector<std::string>{"README", "app/.gitignore",
                                                                 "app/compose.yml", "app/index.js",
                                                                 "belay.yml"});
    CHECK(tree.written() == 5);
  }
  CHECK(world.brought().written() == 0);
}

TEST_CASE("a change is written alone, with a later time; the rest keeps its time") {
  const World world;
  const auto at = [](const KeptTree& tree, const char* name) { return what_is_at(tree.directory() / name); };
  std::optional<KeptTree> tree = world.brought();
  const auto same = at(*tree, "README"), before = at(*tree, "app/index.js");
  tree.reset();
  world.app.write("app/index.js", "console.log(2)\n");  // as long as the one before, within the same second
  world.commit();
  tree = world.brought();
  CHECK(tree->written() == 1);
  CHECK(at(*tree, "README") == same);
  CHECK(at(*tree, "app/index.js").first == "console.log(2)\n");
  CHECK(at(*tree, "app/index.js").second > before.second);
  tree.reset();
  world.app.git({"reset", "--quiet", "--hard", "HEAD~"});
  tree = world.brought();
  CHECK(at(*tree, "app/index.js").first == before.first);
  CHECK(at(*tree, "app/index.js").second > before.second + 1);  // a time never comes back
}

TEST_CASE("a file that becomes executable is written anew, with a time of its own") {
  const World world;
  world.brought();
  fs::permissions(world.app.path() / "README", fs::perms(0755));
  world.commit();
  const KeptTree tree = world.brought();
  CHECK(tree.written() == 1);
  CHECK(mode_of(tree.directory() / "README") == 0755);
}

TEST_CASE("files and directories take each other's place, and symlinks too") {
  const World world;
  world.app.write("thing", "a file\n");
  world.app.write("other/deep/er", "in a directory\n");
  fs::create_symlink("README", world.app.path() / "link");
  fs::create_symlink("other", world.app.path() / "to-other");
  world.commit();
  world.brought();
  fs::remove(world.app.path() / "thing");
  world.app.write("thing/inside", "now a directory\n");
  fs::remove_all(world.app.path() / "other");
  world.app.write("other", "now a file\n");
  fs::remove(world.app.path() / "link");
  world.app.write("link", "now a file\n");
  fs::remove(world.app.path() / "to-other");
  world.app.write("to-other/x", "now a directory\n");
  world.commit();
  const KeptTree tree = world.brought();
  CHECK(read_file(tree.directory() / "thing/inside") == "now a directory\n");
  CHECK(read_file(tree.directory() / "other") == "now a file\n");
  CHECK(!fs::is_symlink(tree.directory() / "link"));
  CHECK(read_file(tree.directory() / "link") == "now a file\n");
  CHECK(read_file(tree.directory() / "README") == "the shop\n");  // not written through the link
  CHECK(read_file(tree.directory() / "to-other/x") == "now a directory\n");
}

TEST_CASE("what was edited, removed, added or made unreadable by hand is put right") {
  const World world;
  fs::path directory;
  {
    const KeptTree tree = world.brought();
    directory = tree.directory();
  }
  const auto index = directory / "app/index.js";
  const auto time = fs::last_write_time(index);
  // The same size, and the time put back: only the inode's own time tells.
  write_all(Fd(::open(index.c_str(), O_WRONLY)).get(), "console.log(9)\n");
  fs::last_write_time(index, time);
  fs::remove(directory / "README");
  fs::create_directories(directory / "node_modules/x");
  write_file_atomically(directory / "node_modules/x/y", "left by somebody");
  fs::permissions(directory / "belay.yml", fs::perms(0600));
  fs::permissions(directory / "app", fs::perms(0500));
  const KeptTree tree = world.brought();
  CHECK(tree.written() == 3);
  CHECK(read_file(index) == "console.log(1)\n");
  CHECK(files_in(directory).size() == 5);
  CHECK(!fs::exists(directory / "node_modules"));
  CHECK(mode_of(directory / "belay.yml") == 0644);
  CHECK(mode_of(directory / "app") == 0755);
}

TEST_CASE("modes are git's, whatever the umask") {
  const World world;
  world.app.write("run.sh", "#!/bin/sh\n");
  fs::permissions(world.app.path() / "run.sh", fs::perms(0700));
  world.commit();
  for (const mode_t mask : {077U, 0U}) {
    const WithUmask umask(mask);
    KeptTree tree = KeptTree::take(world.space.path(), "mask" + std::to_string(mask));
    tree.bring_to(world.wanted(), {}, soon());
    CHECK(mode_of(tree.directory()) == 0755);
    CHECK(mode_of(tree.directory() / "app") == 0755);
    CHECK(mode_of(tree.directory() / "app/index.js") == 0644);
    CHECK(mode_of(tree.directory() / "run.sh") == 0755);
  }
}

TEST_CASE("an empty commit, an empty file, a large one, and a commit of nothing") {
  const World world;
  world.brought();
  world.app.git({"commit", "--quiet", "--allow-empty", "--message", "nothing"});
  CHECK(world.brought().written() == 0);
  world.app.write("empty", "");
  world.app.write("large", std::string(3'000'000, 'x') + "\nend");
  world.commit();
  {
    const KeptTree tree = world.brought();
    CHECK(read_file(tree.directory() / "empty").empty());
    CHECK(read_file(tree.directory() / "large") == std::string(3'000'000, 'x') + "\nend");
  }
  world.app.git({"rm", "--quiet", "-r", "."});
  world.app.git({"commit", "--quiet", "--message", "all gone"});
  CHECK(files_in(world.brought().directory()).empty());
}

TEST_CASE("two at once have a tree each, and both are kept") {
  const World world;
  {
    const KeptTree first = world.brought();
    const KeptTree second = world.brought();
    CHECK(first.directory() != second.directory());
    CHECK(files_in(first.directory()) == files_in(second.directory()));
    CHECK(second.written() == 5);
  }
  const KeptTree first = world.brought();
  CHECK(first.written() == 0);
  CHECK(world.brought().written() == 0);
}

TEST_CASE("what a run that was killed half-way left is mended by the next") {
  const World world;
  world.brought();
  for (int i = 0; i < 200; ++i) world.app.write("more/" + std::to_string(i), std::to_string(i) + "\n");
  world.app.write("README", "another\n");
  world.commit();
  const Scratch signs;
  const pid_t victim = ::fork();
  if (victim == 0) {
    // Dies in the middle of its work, or just after it.
    KeptTree tree = KeptTree::take(world.space.path(), "shop");
    const fs::path watched = tree.directory() / "more/5";
    std::jthread killer([&] {
      while (!fs::exists(watched)) continue;
      ::kill(::getpid(), SIGKILL);
    });
    tree.bring_to(world.wanted(), {}, soon());
    killer.join();
    ::_exit(0);
  }
  int how = 0;
  REQUIRE(::waitpid(victim, &how, 0) == victim);
  CHECK(WIFSIGNALED(how));
  const KeptTree tree = world.brought();
  CHECK(files_in(tree.directory()).size() == 205);
  for (int i = 0; i < 200; ++i)
    CHECK(read_file(tree.directory() / "more" / std::to_string(i)) == std::to_string(i) + "\n");
  CHECK(read_file(tree.directory() / "README") == "another\n");
}

TEST_CASE("a record that is damaged is not believed, and what stood on its times is forgotten") {
  const World world;
  fs::path place;
  {
    const KeptTree tree = world.brought();
    place = tree.directory().parent_path();
    write_file_atomically(tree.memory("times"), "times here /somewhere\n");
  }
  CHECK(world.brought().written() == 0);
  CHECK(fs::exists(place / "memory-times"));
  std::string record = read_file(place / "record");
  record[record.size() / 2] ^= 1;
  write_file_atomically(place / "record", record);
  const KeptTree tree = world.brought();
  CHECK(tree.written() == 5);
  CHECK(!fs::exists(place / "memory-times"));
}

TEST_CASE("what nobody uses any more is pruned, what is held is not") {
  const World world;
  const KeptTree held = world.brought();
  fs::path old;
  {
    KeptTree other = KeptTree::take(world.space.path(), "other");
    old = other.directory().parent_path();
  }
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::days(60);
  fs::last_write_time(old / "lock", long_ago);
  fs::last_write_time(held.directory().parent_path() / "lock", long_ago);
  CHECK(prune_kept_trees(world.space.path()).empty());
  CHECK(!fs::exists(old));
  CHECK(fs::exists(held.directory()));
}
