#pragma once

#include <map>
#include <random>
#include <string>

#include "model/tree_change.hpp"

namespace belay::testing {

/// By path: a tree with the contents of its files.
using Tree = std::map<std::string, TreeChange::Put>;

/// Trees with odd names, in which a name is often of another kind in the next one.
class RandomTrees {
 public:
  explicit RandomTrees(unsigned seed) : dice_(seed) {}

  Tree tree();
  /// Shares most of it.
  Tree next(const Tree& before);

 private:
  bool one_in(unsigned count) { return dice_() % count == 0; }
  TreeChange::Put any(const std::string& path);
  void grow(Tree&, const std::string& directory, int depth);

  std::mt19937 dice_;
};

TreeListing listing_of(const Tree&);
TreeChange change_with_contents(const Tree& from, const Tree& to);

}  // namespace belay::testing
