#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/layout.hpp"
#include "model/release.hpp"

namespace belay {

/// The releases kept on a host. A release is one directory; its release.json is written atomically, so a
/// directory without one is a release that never came to be.
class ReleaseStore {
 public:
  explicit ReleaseStore(Layout layout) : layout_(std::move(layout)) {}

  std::optional<Release> find(const std::string& id) const;
  /// Newest first.
  std::vector<Release> all() const;
  void save(const Release&) const;
  /// Absent is fine.
  void remove(const std::string& id) const;

  /// The release that serves, as the last settle or adoption left it; empty: none.
  std::string current() const;
  void set_current(const std::string& id) const;
  /// good_before() below, of the releases on the disk. It reads no more of them than it needs: one that
  /// cannot be read hinders no rollback to another.
  std::optional<Release> good_before(const std::string& id) const;

 private:
  Layout layout_;
};

/// What is gone back to from `id`: the good release that served when that one was deployed, so that a second
/// rollback goes one further back, and a release that was rolled back from never comes again. Of a release
/// that does not tell, and where that one is not kept: the newest good one older than it; the newest of all
/// if `id` is empty. `releases`: ReleaseStore::all().
std::optional<Release> good_before(const std::vector<Release>& releases, const std::string& id);

}  // namespace belay
