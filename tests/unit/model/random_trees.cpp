#include "random_trees.hpp"

#include <vector>

namespace belay::testing {

namespace {

using Kind = TreeEntry::Kind;

TreeChange::Put directory(const std::string& path, std::uint32_t mode) {
  return {.entry = {.path = path, .kind = Kind::directory, .mode = mode}};
}

bool has_parent(const Tree& tree, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const auto parent = tree.find(slash == std::string::npos ? "" : path.substr(0, slash));
  return parent != tree.end() && parent->second.entry.kind == Kind::directory;
}

}  // namespace

Tree RandomTrees::tree() {
  Tree tree{{"", directory("", 0755)}};
  grow(tree, "", 3);
  return tree;
}

Tree RandomTrees::next(const Tree& before) {
  Tree tree{{"", before.at("")}};
  if (one_in(20)) tree.at("").entry.mode = 0711;
  for (const auto& [path, put] : before) {
    if (path.empty() || one_in(8) || !has_parent(tree, path)) continue;
    tree[path] = one_in(8) ? any(path) : put;
  }
  for (const auto& [path, put] : Tree(tree))
    if (put.entry.kind == Kind::directory && one_in(6)) grow(tree, path, 1);
  return tree;
}

TreeChange::Put RandomTrees::any(const std::string& path) {
  if (one_in(3)) return directory(path, one_in(5) ? 0700 : 0755);
  if (one_in(3))
    return {.entry = {.path = path, .kind = Kind::symlink, .target = one_in(2) ? "a" : "../b \xff"}};
  TreeChange::Put put{.entry = {.path = path, .mode = one_in(3) ? 0755u : 0644u},
                      .content = std::string(dice_() % 30, static_cast<char>(dice_() & 0xffu))};
  put.entry.size = put.content.size();
  const auto below = [&](std::uint32_t limit) { return static_cast<std::int64_t>(dice_() % limit); };
  put.entry.modified = below(2'000'000'000u) * 1'000'000'000 + below(1'000'000'000u);
  if (one_in(9)) put.entry.modified = -put.entry.modified;
  return put;
}

void RandomTrees::grow(Tree& tree, const std::string& directory, int depth) {
  static const std::vector<std::string> names{"a", "a-b", "a.b", "b", "z\nz", "ä", "\xff\xfe", " "};
  for (const std::string& name : names) {
    if (one_in(2)) continue;
    const std::string path = directory.empty() ? name : directory + "/" + name;
    if (tree.contains(path)) continue;
    tree[path] = any(path);
    if (tree.at(path).entry.kind == Kind::directory && depth > 0) grow(tree, path, depth - 1);
  }
}

TreeListing listing_of(const Tree& tree) {
  TreeListing listing;
  for (const auto& [path, put] : tree) listing.push_back(put.entry);
  return listing;
}

TreeChange change_with_contents(const Tree& from, const Tree& to) {
  TreeChange change = change_between(listing_of(from), listing_of(to));
  for (TreeChange::Put& put : change.put) put.content = to.at(put.entry.path).content;
  return change;
}

}  // namespace belay::testing
