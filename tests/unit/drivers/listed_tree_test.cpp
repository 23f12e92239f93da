#include "drivers/listed_tree.hpp"

#include <algorithm>

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "scratch.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

using Kind = TreeEntry::Kind;

const TreeEntry& entry_at(const TreeListing& listing, const std::string& path) {
  const auto found = std::ranges::find(listing, path, &TreeEntry::path);
  REQUIRE(found != listing.end());
  return *found;
}

}  // namespace

TEST_CASE("each kind of file is listed with what rsync looks at, and no symlink is followed") {
  const Scratch scratch;
  fs::permissions(scratch.write("tree/run.sh", "12345"), fs::perms(0750));
  scratch.write("tree/deep/er/\xff odd\nname", "");
  fs::create_directory_symlink("deep", scratch / "tree/link");
  fs::create_symlink(std::string(2000, 'x'), scratch / "tree/dangling");
  fs::create_directories(scratch / "tree/empty");
  fs::permissions(scratch / "tree", fs::perms(0711));
  REQUIRE(::mkfifo((scratch / "tree/pipe").c_str(), 0600) == 0);
  const TreeListing listing = listed_tree(scratch / "tree");
  std::string paths;
  for (const TreeEntry& entry : listing) paths += entry.path + "|";
  CHECK(paths == "|dangling|deep|deep/er|deep/er/\xff odd\nname|empty|link|pipe|run.sh|");
  CHECK(listing.front().kind == Kind::directory);
  CHECK(listing.front().mode == 0711);
  CHECK(entry_at(listing, "run.sh").kind == Kind::file);
  CHECK(entry_at(listing, "run.sh").mode == 0750);
  CHECK(entry_at(listing, "run.sh").size == 5);
  struct stat status{};
  REQUIRE(::stat((scratch / "tree/run.sh").c_str(), &status) == 0);
  CHECK(entry_at(listing, "run.sh").modified ==
        std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec);
  CHECK(entry_at(listing, "link").kind == Kind::symlink);
  CHECK(entry_at(listing, "link").target == "deep");
  CHECK(entry_at(listing, "dangling").target == std::string(2000, 'x'));
  CHECK(entry_at(listing, "empty").kind == Kind::directory);
  CHECK(entry_at(listing, "pipe").kind == Kind::other);
}

TEST_CASE("a tree of many directories is listed whole and in order, the same each time") {
  const Scratch scratch;
  for (int i = 0; i < 300; ++i) scratch.write(fmt::format("tree/{}/{}-/{}", i % 7, i % 20, i), "x");
  const TreeListing listing = listed_tree(scratch / "tree");
  CHECK(std::ranges::count(listing, Kind::file, &TreeEntry::kind) == 300);
  CHECK(std::ranges::is_sorted(listing, {}, &TreeEntry::path));
  CHECK(listing_in(bytes_of(listing)) == listing);
  CHECK(listed_tree(scratch / "tree") == listing);
}

TEST_CASE("times and links of directories and symlinks do not count") {
  const Scratch scratch;
  scratch.write("tree/dir/a", "a");
  fs::create_symlink("dir", scratch / "tree/link");
  const std::string mark = mark_of(listed_tree(scratch / "tree"));
  fs::create_hard_link(scratch / "tree/dir/a", scratch / "second name");
  scratch.write("tree/dir/b", "b");
  fs::remove(scratch / "tree/dir/b");
  fs::remove(scratch / "tree/link");
  fs::create_symlink("dir", scratch / "tree/link");
  CHECK(mark_of(listed_tree(scratch / "tree")) == mark);
  fs::last_write_time(scratch / "tree/dir/a",
                      fs::last_write_time(scratch / "tree/dir/a") + std::chrono::nanoseconds(1));
  CHECK(mark_of(listed_tree(scratch / "tree")) != mark);
}

TEST_CASE("what is no directory cannot be listed, and is named") {
  const Scratch scratch;
  scratch.write("file", "x");
  fs::create_directory_symlink(".", scratch / "link");
  for (const char* name : {"absent", "file", "link"})
    CHECK_THROWS_WITH_AS(listed_tree(scratch / name), doctest::Contains(name), Error);
}
