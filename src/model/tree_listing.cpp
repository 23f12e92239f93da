#include "model/tree_listing.hpp"

#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "base/hash.hpp"

namespace belay {

namespace {

constexpr std::string_view first_line = "belay listing 1\n";
constexpr std::string_view kinds = "fdlo";

/// Takes the text up to `separator`, and the separator; empty: it is not there.
std::optional<std::string_view> take_word(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  if (at == std::string_view::npos) return {};
  const std::string_view word = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return word;
}

template <class Number>
bool take_number(std::string_view& rest, Number& number, int base) {
  const auto word = take_word(rest, ' ');
  if (!word) return false;
  const auto [end, error] = std::from_chars(word->data(), word->data() + word->size(), number, base);
  return error == std::errc() && end == word->data() + word->size();
}

}  // namespace

void append_to(std::string& bytes, const TreeEntry& entry) {
  fmt::format_to(std::back_inserter(bytes), "{} {:o} {} {} ", static_cast<char>(entry.kind), entry.mode,
                 entry.size, entry.modified);
  bytes += entry.path;
  bytes += '\0';
  bytes += entry.target;
  bytes += '\0';
}

std::optional<TreeEntry> take_entry(std::string_view& rest) {
  TreeEntry entry;
  const auto kind = take_word(rest, ' ');
  if (!kind || kind->size() != 1 || !kinds.contains(*kind)) return {};
  entry.kind = static_cast<TreeEntry::Kind>(kind->front());
  if (!take_number(rest, entry.mode, 8) || !take_number(rest, entry.size, 10) ||
      !take_number(rest, entry.modified, 10))
    return {};
  const auto path = take_word(rest, '\0'), target = path ? take_word(rest, '\0') : path;
  if (!target) return {};
  entry.path = *path;
  entry.target = *target;
  return entry;
}

std::string bytes_of(const TreeListing& listing) {
  std::string bytes(first_line);
  for (const TreeEntry& entry : listing) append_to(bytes, entry);
  return bytes;
}

std::optional<TreeListing> listing_in(std::string_view bytes) {
  if (!bytes.starts_with(first_line)) return {};
  bytes.remove_prefix(first_line.size());
  TreeListing listing;
  while (!bytes.empty()) {
    auto entry = take_entry(bytes);
    const bool in_order =
        entry && (listing.empty() ? entry->path.empty() : listing.back().path < entry->path);
    if (!in_order) return {};
    listing.push_back(std::move(*entry));
  }
  return listing;
}

std::string mark_of(const TreeListing& listing) {
  return sha256_hex(bytes_of(listing));
}

}  // namespace belay
