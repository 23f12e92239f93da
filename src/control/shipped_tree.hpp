#pragma once

#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "control/source.hpp"
#include "model/tree_listing.hpp"

namespace belay {

/// The files that are shipped, and what is remembered of the trees that were shipped before: if the host has
/// linked one of those, and little has changed, the change goes with the answer, and no transfer is needed.
class ShippedTree {
 public:
  /// A tree of which nothing is remembered: contents decide.
  explicit ShippedTree(std::filesystem::path directory) : directory_(std::move(directory)) {}
  /// A kept tree is looked through beside the caller.
  ShippedTree(const Checkout&, std::vector<std::string> exclude);
  ~ShippedTree();
  ShippedTree(const ShippedTree&) = delete;
  ShippedTree& operator=(const ShippedTree&) = delete;

  const std::filesystem::path& directory() const { return directory_; }
  /// For ShippedTimes; empty: times say nothing.
  const std::filesystem::path& times_memory() const { return times_memory_; }

  struct SmallChange {
    std::string packed;  // model/tree_change.hpp
    std::uint64_t files = 0, bytes_total = 0, files_sent = 0;
  };
  /// What makes this tree of the one with that mark. Empty: that one is not remembered, or too much has
  /// changed for a message.
  std::optional<SmallChange> change_from(const std::string& mark) const;
  /// The tree goes to a host, in whatever way.
  void remember() const;

 private:
  std::filesystem::path directory_, times_memory_{};
  std::shared_ptr<const KeptTree> kept_{};
  std::stop_source not_needed_{};
  std::shared_future<TreeListing> listing_{};  // of what the excludes let through; last: it uses the others
};

}  // namespace belay
