#include "release/release_store.hpp"

#include <algorithm>
#include <span>

#include "base/error.hpp"
#include "base/files.hpp"

namespace belay {

std::optional<Release> ReleaseStore::find(const std::string& id) const {
  if (id.empty()) return std::nullopt;
  auto text = read_file_if_exists(layout_.release(id) / "release.json");
  if (!text) return std::nullopt;
  return while_doing("reading release " + id, [&] { return release_from_json(*text); });
}

std::vector<Release> ReleaseStore::all() const {
  std::vector<Release> found;
  if (!fs::is_directory(layout_.releases())) return found;
  for (const auto& entry : fs::directory_iterator(layout_.releases()))
    if (auto release = find(entry.path().filename().string())) found.push_back(std::move(*release));
  std::ranges::sort(found, std::ranges::greater{}, &Release::id);
  return found;
}

void ReleaseStore::save(const Release& release) const {
  make_directories(layout_.release(release.id));
  write_file_atomically(layout_.release(release.id) / "release.json", release_to_json(release));
}

void ReleaseStore::remove(const std::string& id) const {
  remove_tree(layout_.release(id));
}

std::string ReleaseStore::current() const {
  std::error_code none;
  auto target = fs::read_symlink(layout_.current(), none);
  return none ? std::string{} : target.filename().string();
}

void ReleaseStore::set_current(const std::string& id) const {
  replace_symlink(layout_.current(), fs::path("releases") / id);
}

/// `find` gives a release by its id, `all` every one, newest first: from the disk, or of those in memory.
template <class Find, class All>
static std::optional<Release> good_one_before(const std::string& id, const Find& find, const All& all) {
  const auto release = id.empty() ? std::nullopt : find(id);
  // Ids grow, unless a clock went back: no circle is followed.
  if (release && !release->replaced.empty() && release->replaced < id) {
    auto replaced = find(release->replaced);
    if (replaced && replaced->state == Release::State::good) return replaced;
    return good_one_before(release->replaced, find, all);
  }
  for (const auto& older : all())
    if (older.state == Release::State::good && (id.empty() || older.id < id)) return older;
  return std::nullopt;
}

std::optional<Release> ReleaseStore::good_before(const std::string& id) const {
  return good_one_before(id, [this](const std::string& one) { return find(one); }, [this] { return all(); });
}

std::optional<Release> good_before(const std::vector<Release>& releases, const std::string& id) {
  const auto find = [&](const std::string& one) {
    const auto found = std::ranges::find(releases, one, &Release::id);
    return found == releases.end() ? std::nullopt : std::optional(*found);
  };
  return good_one_before(id, find, [&] { return std::span(releases); });
}

}  // namespace belay
