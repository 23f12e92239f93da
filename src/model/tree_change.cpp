#include "model/tree_change.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/base64.hpp"
#include "base/deflate.hpp"
#include "base/error.hpp"
#include "base/human.hpp"

namespace belay {

namespace {

using Kind = TreeEntry::Kind;

constexpr std::string_view first_line = "belay change 1\n";
constexpr char removal = '-', addition = '+';

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

const TreeEntry* found_in(const TreeListing& listing, const std::string& path) {
  const auto found = std::ranges::lower_bound(listing, path, {}, &TreeEntry::path);
  return found != listing.end() && found->path == path ? &*found : nullptr;
}

std::vector<std::string> what_goes(const TreeListing& from, const TreeListing& to) {
  std::vector<std::string> gone;
  std::unordered_set<std::string_view> gone_directories;
  for (const TreeEntry& entry : from) {
    const TreeEntry* const stays = found_in(to, entry.path);
    if (stays != nullptr && stays->kind == entry.kind && entry.kind != Kind::other) continue;
    if (!gone_directories.contains(parent_of(entry.path))) gone.push_back(entry.path);
    if (entry.kind == Kind::directory) gone_directories.insert(entry.path);
  }
  return gone;
}

[[noreturn]] void damaged(const std::string& why) {
  throw Error("the change of the source cannot be read", why);
}

std::string take_text(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) damaged("it is cut");
  std::string text(rest.substr(0, end));
  rest.remove_prefix(end + 1);
  return text;
}

TreeChange::Put take_put(std::string_view& rest) {
  auto entry = take_entry(rest);
  if (!entry) damaged("an entry is damaged");
  TreeChange::Put put{.entry = std::move(*entry)};
  if (put.entry.kind == Kind::other) damaged("an entry is of no kind that can be made");
  if (put.entry.kind != Kind::file) return put;
  if (put.entry.size > rest.size()) damaged("it is cut");
  put.content = rest.substr(0, put.entry.size);
  rest.remove_prefix(put.entry.size);
  return put;
}

TreeChange change_in(std::string_view bytes) {
  if (!bytes.starts_with(first_line)) damaged("it is of another version of belay");
  bytes.remove_prefix(first_line.size());
  TreeChange change;
  change.from = take_text(bytes);
  change.to = take_text(bytes);
  while (!bytes.empty()) {
    if (change.removed.size() + change.put.size() >= most_changed_paths) damaged("it changes too many paths");
    const char what = bytes.front();
    bytes.remove_prefix(1);
    if (what == removal)
      change.removed.push_back(take_text(bytes));
    else if (what == addition)
      change.put.push_back(take_put(bytes));
    else
      damaged("an entry is neither a removal nor an addition");
  }
  return change;
}

/// What is wrong is told as the change's fault, not as that of who unpacks it.
std::string bytes_in(std::string_view text) {
  try {
    return inflated(base64_decoded(text), largest_change);
  } catch (const Error& error) {
    damaged(error.why());
  }
}

}  // namespace

std::size_t TreeChange::files() const {
  return static_cast<std::size_t>(
      std::ranges::count(put, Kind::file, [](const Put& one) { return one.entry.kind; }));
}

TreeChange change_between(const TreeListing& from, const TreeListing& to) {
  TreeChange change{.from = mark_of(from), .to = mark_of(to), .removed = what_goes(from, to)};
  for (const TreeEntry& entry : to) {
    const TreeEntry* const before = found_in(from, entry.path);
    if (before == nullptr || *before != entry) change.put.push_back({.entry = entry});
  }
  return change;
}

std::optional<std::string> packed(const TreeChange& change) {
  if (change.removed.size() + change.put.size() > most_changed_paths) return {};
  std::string bytes(first_line);
  bytes += change.from + '\0' + change.to + '\0';
  for (const std::string& path : change.removed) bytes += removal + path + '\0';
  for (const TreeChange::Put& one : change.put) {
    bytes += addition;
    append_to(bytes, one.entry);
    bytes += one.content;
    if (bytes.size() > largest_change) return {};
  }
  if (bytes.size() > largest_change) return {};
  std::string text = base64_encoded(deflated(bytes));
  if (text.size() > longest_packed_change) return {};
  return text;
}

TreeChange unpacked(std::string_view text) {
  if (text.size() > longest_packed_change) damaged("it is longer than " + human_bytes(longest_packed_change));
  return change_in(bytes_in(text));
}

}  // namespace belay
