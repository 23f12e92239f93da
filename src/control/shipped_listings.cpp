#include "control/shipped_listings.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include <fcntl.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/hex.hpp"

namespace belay {

namespace {

constexpr std::size_t most_kept = 12;
constexpr std::string_view beginning = "listing-";

/// A mark comes from the host, and becomes the name of a file.
bool is_mark(const std::string& text) {
  return text.size() == 64 && all_hex(text);
}

}  // namespace

std::optional<TreeListing> ShippedListings::with_mark(const std::string& mark) const {
  if (!is_mark(mark)) return {};
  const auto bytes = read_file_if_exists(memory_(std::string(beginning) + mark));
  if (!bytes || sha256_hex(*bytes) != mark) return {};
  return listing_in(*bytes);
}

/// Not durably: what a power cut makes of it, its name tells.
void ShippedListings::remember(const TreeListing& listing) const {
  const std::string bytes = bytes_of(listing);
  const fs::path path = memory_(std::string(beginning) + sha256_hex(bytes));
  const fs::path beside = path.string() + ".new";
  const Fd file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) throw system_error("cannot write " + beside.string(), errno);
  write_all(file.get(), bytes);
  fs::rename(beside, path);
  forget_old_ones();
}

void ShippedListings::forget_old_ones() const {
  const fs::path first = memory_(std::string(beginning));
  std::vector<std::pair<fs::file_time_type, fs::path>> kept;
  for (const auto& entry : fs::directory_iterator(first.parent_path()))
    if (entry.path().filename().string().starts_with(first.filename().string()))
      kept.emplace_back(entry.last_write_time(), entry.path());
  if (kept.size() <= most_kept) return;
  std::ranges::sort(kept);
  for (std::size_t i = 0; i < kept.size() - most_kept; ++i) fs::remove(kept[i].second);
}

}  // namespace belay
