#include "control/shipped_tree.hpp"

#include <algorithm>
#include <set>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "control/shipped_listings.hpp"
#include "drivers/listed_tree.hpp"
#include "drivers/rsync.hpp"
#include "model/tree_change.hpp"

namespace belay {

namespace {

using Kind = TreeEntry::Kind;

/// What the patterns let through depends on names, kinds and patterns, and on nothing else.
std::string names_and_patterns(const TreeListing& listing, const std::vector<std::string>& patterns) {
  std::string all;
  for (const TreeEntry& entry : listing) all += static_cast<char>(entry.kind) + entry.path + '\0';
  for (const std::string& pattern : patterns) all += '\0' + pattern;
  return sha256_hex(all);
}

std::set<std::string, std::less<>> paths_in(std::string_view text) {
  std::set<std::string, std::less<>> paths;
  for (std::size_t end = 0; (end = text.find('\0')) != std::string_view::npos; text.remove_prefix(end + 1))
    paths.emplace(text.substr(0, end));
  return paths;
}

/// The paths that are left out, as rsync itself understands the patterns. It walks the whole tree for its
/// answer, which is remembered for as long as no file comes or goes.
std::set<std::string, std::less<>> left_out(const TreeListing& listing, const fs::path& tree,
                                            const std::vector<std::string>& exclude, const fs::path& memory,
                                            std::stop_token stop) {
  const std::string asked = names_and_patterns(listing, exclude);
  if (const auto known = read_file_if_exists(memory); known && known->starts_with(asked))
    return paths_in(std::string_view(*known).substr(asked.size()));
  const auto sent = rsync::sent_of(tree, exclude, std::move(stop));
  std::string text = asked;
  for (const TreeEntry& entry : listing)
    if (!entry.path.empty() && !sent.contains(entry.path)) text += entry.path + '\0';
  write_file_atomically(memory, text);
  return paths_in(std::string_view(text).substr(asked.size()));
}

TreeListing listing_to_ship(const fs::path& tree, const std::vector<std::string>& exclude,
                            const fs::path& memory, std::stop_token stop) {
  TreeListing listing = listed_tree(tree);
  if (exclude.empty()) return listing;
  const auto out = left_out(listing, tree, exclude, memory, std::move(stop));
  std::erase_if(listing, [&](const TreeEntry& entry) { return out.contains(entry.path); });
  return listing;
}

ShippedListings listings_beside(const KeptTree& kept) {
  return ShippedListings([&kept](const std::string& name) { return kept.memory(name); });
}

}  // namespace

ShippedTree::ShippedTree(const Checkout& checkout, std::vector<std::string> exclude)
    : directory_(checkout.source), times_memory_(checkout.times_memory()), kept_(checkout.kept) {
  if (!kept_) return;
  listing_ =
      std::async(std::launch::async, [tree = directory_, exclude = std::move(exclude),
                                      memory = kept_->memory("left-out"), stop = not_needed_.get_token()] {
        return listing_to_ship(tree, exclude, memory, stop);
      }).share();
}

ShippedTree::~ShippedTree() {
  not_needed_.request_stop();
}

std::optional<ShippedTree::SmallChange> ShippedTree::change_from(const std::string& mark) const {
  if (!kept_) return {};
  const auto before = listings_beside(*kept_).with_mark(mark);
  if (!before) return {};
  const TreeListing& now = listing_.get();
  if (std::ranges::find(now, Kind::other, &TreeEntry::kind) != now.end()) return {};
  TreeChange change = change_between(*before, now);
  std::uint64_t bytes = 0;
  for (const auto& put : change.put) bytes += put.entry.size;
  if (change.put.size() > most_changed_paths || bytes > largest_change) return {};
  for (auto& [entry, content] : change.put) {
    if (entry.kind == Kind::file) content = read_file(directory_ / entry.path);
    if (content.size() != entry.size) return {};
  }
  auto text = packed(change);
  if (!text) return {};
  SmallChange small{.packed = std::move(*text), .files_sent = change.files()};
  for (const TreeEntry& entry : now) {
    small.files += static_cast<std::uint64_t>(entry.kind == Kind::file);
    small.bytes_total += entry.size;
  }
  return small;
}

void ShippedTree::remember() const {
  if (kept_) listings_beside(*kept_).remember(listing_.get());
}

}  // namespace belay
