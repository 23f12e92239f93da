#include "model/tree_change.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "base/base64.hpp"
#include "base/deflate.hpp"
#include "base/error.hpp"
#include "random_trees.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

using Kind = TreeEntry::Kind;
/// As a file system would do it: nothing is made where something else stands, or in what is no directory.
void make(Tree& tree, const TreeChange& change) {
  for (const std::string& path : change.removed) {
    REQUIRE(tree.erase(path) == 1);
    std::erase_if(tree, [&](const auto& one) { return one.first.starts_with(path + "/"); });
  }
  for (const TreeChange::Put& put : change.put) {
    const std::string& path = put.entry.path;
    if (const std::size_t slash = path.rfind('/'); slash != std::string::npos)
      REQUIRE(tree.at(path.substr(0, slash)).entry.kind == Kind::directory);
    if (const auto there = tree.find(path); there != tree.end())
      REQUIRE(there->second.entry.kind == put.entry.kind);
    tree[path] = put;
  }
}

bool same(const Tree& one, const Tree& other) {
  return std::ranges::equal(one, other, [](const auto& a, const auto& b) {
    return a.second.entry == b.second.entry && a.second.content == b.second.content;
  });
}

}  // namespace

TEST_CASE("the change between two trees makes the one of the other, and goes over the line as it is") {
  std::size_t turned = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    RandomTrees trees(seed);
    const Tree from = trees.tree(), to = seed % 10 == 0 ? trees.tree() : trees.next(from);
    const auto sent = packed(change_with_contents(from, to));
    REQUIRE(sent);
    const TreeChange change = unpacked(*sent);
    Tree made = from;
    make(made, change);
    CHECK(same(made, to));
    CHECK(change.from == mark_of(listing_of(from)));
    CHECK(change.to == mark_of(listing_of(to)));
    for (const auto& [path, put] : to)
      if (const auto before = from.find(path); before != from.end())
        turned += static_cast<std::size_t>(before->second.entry.kind != put.entry.kind);
  }
  CHECK(turned > 400);  // kinds did turn into each other
}

TEST_CASE("nothing changed: nothing is removed or put") {
  const Tree tree = RandomTrees(7).tree();
  const TreeChange change = change_with_contents(tree, tree);
  CHECK(change.removed.empty());
  CHECK(change.put.empty());
  CHECK(change.from == change.to);
}

TEST_CASE("a listing reads back, and any difference is another mark") {
  for (unsigned seed = 0; seed < 25; ++seed) {
    const TreeListing listing = listing_of(RandomTrees(seed).tree());
    CHECK(listing_in(bytes_of(listing)) == listing);
    for (std::size_t at = 0; at < listing.size(); ++at) {
      const auto differs = [&](const auto& change_it) {
        TreeListing other = listing;
        change_it(other[at]);
        return mark_of(other) != mark_of(listing);
      };
      CHECK(differs([](TreeEntry& entry) { entry.path += "x"; }));
      CHECK(differs([](TreeEntry& entry) { entry.mode ^= 1u; }));
      CHECK(differs([](TreeEntry& entry) { ++entry.size; }));
      CHECK(differs([](TreeEntry& entry) { ++entry.modified; }));
      CHECK(differs([](TreeEntry& entry) { entry.target += "x"; }));
      CHECK(differs([](TreeEntry& entry) { entry.kind = Kind::other; }));
    }
  }
}

TEST_CASE("what is no listing is none: cut, another version, out of order") {
  const std::string bytes = bytes_of(listing_of(RandomTrees(3).tree()));
  std::size_t readable = 0;
  for (std::size_t length = 0; length < bytes.size(); ++length)
    readable += static_cast<std::size_t>(listing_in(bytes.substr(0, length)).has_value());
  CHECK(readable <=
        RandomTrees(3).tree().size());  // cut between two entries it is a listing, of another mark
  CHECK_FALSE(listing_in("belay listing 2\n"));
  CHECK_FALSE(listing_in("belay listing 1\nx 644 0 0 a\0\0"));
  TreeListing twisted{{.path = "", .kind = Kind::directory}, {.path = "b"}, {.path = "a"}};
  CHECK_FALSE(listing_in(bytes_of(twisted)));
}

TEST_CASE("something that is no file, directory or symlink gives way") {
  const TreeListing from{{.path = "", .kind = Kind::directory}, {.path = "pipe", .kind = Kind::other}};
  const TreeListing to{{.path = "", .kind = Kind::directory}};
  CHECK(change_between(from, to).removed == std::vector<std::string>{"pipe"});
}

TEST_CASE("a change that is too large for a message is none: paths, bytes, bytes on the line") {
  TreeChange change;
  for (std::size_t i = 0; i < most_changed_paths; ++i) change.removed.push_back("r" + std::to_string(i));
  CHECK(packed(change));
  change.put.push_back({.entry = {.path = "one more"}});
  CHECK_FALSE(packed(change));

  const auto with_content = [](std::string content) {
    TreeEntry entry{.path = "file", .size = content.size()};
    return TreeChange{.put = {{.entry = std::move(entry), .content = std::move(content)}}};
  };
  CHECK(packed(with_content(std::string(largest_change - 1000, 'a'))));
  CHECK_FALSE(packed(with_content(std::string(largest_change, 'a'))));
  std::mt19937 dice(4);
  std::string noise(longest_packed_change, '\0');
  for (char& byte : noise) byte = static_cast<char>(dice() & 0xffu);
  CHECK(packed(with_content(noise.substr(0, longest_packed_change / 2))));
  CHECK_FALSE(packed(with_content(noise)));
}

TEST_CASE("a change that was damaged or cut on the way is an error, and so is what no controller sends") {
  const Tree from = RandomTrees(1).tree(), to = RandomTrees(2).tree();
  const std::string sent = packed(change_with_contents(from, to)).value();
  for (std::size_t length = 0; length < sent.size(); length += 4)
    CHECK_THROWS_AS(unpacked(sent.substr(0, length)), Error);
  CHECK_THROWS_WITH_AS(unpacked("no base64!"), doctest::Contains("the change of the source"), Error);
  const auto as_sent = [](const std::string& bytes) { return base64_encoded(deflated(bytes)); };
  const std::string good = inflated(base64_decoded(sent), largest_change);
  CHECK(unpacked(as_sent(good)).to == mark_of(listing_of(to)));
  for (std::size_t length = 0; length < good.size(); ++length) {
    // Cut between two entries it reads; the mark of the tree it makes is another one then.
    try {
      const TreeChange change = unpacked(as_sent(good.substr(0, length)));
      CHECK(change.put.size() + change.removed.size() <
            change_with_contents(from, to).put.size() + change_with_contents(from, to).removed.size());
    } catch (const Error& error) {
      CHECK(error.message() == "the change of the source cannot be read");
    }
  }
  const std::string head = "belay change 1\n" + std::string("f\0t\0", 4);
  CHECK(unpacked(as_sent(head)).put.empty());
  for (const std::string& tail :
       {std::string("?x\0", 3), std::string("+o 0 0 0 a\0\0", 12), std::string("+f 644 9 0 a\0\0short", 19),
        std::string("+f 999 0 0 a\0\0", 14), std::string("+f 644 18446744073709551615 0 a\0\0", 33)})
    CHECK_THROWS_AS(unpacked(as_sent(head + tail)), Error);
  CHECK_THROWS_AS(unpacked(as_sent(head + std::string(largest_change, '-'))), Error);
}
