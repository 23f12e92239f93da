#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "model/tree_listing.hpp"

namespace belay {

/// Remembers, beside a kept tree, what it held whenever it was shipped: the newest dozen listings, each in a
/// file that is named by the listing's mark. Within one kept tree a path, a size and a time name one content;
/// so a host whose tree has one of these marks has the contents, too, as far as rsync by size and time would
/// say. The memory is forgotten with the tree's times.
class ShippedListings {
 public:
  /// The file of that name beside the tree.
  using Memory = std::function<std::filesystem::path(const std::string& name)>;
  explicit ShippedListings(Memory memory) : memory_(std::move(memory)) {}

  /// Empty if it is not remembered, or what is remembered is damaged.
  std::optional<TreeListing> with_mark(const std::string& mark) const;
  void remember(const TreeListing&) const;

 private:
  void forget_old_ones() const;

  Memory memory_;
};

}  // namespace belay
