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
  /// The newest good release older than `id`; the newest of all if `id` is empty. A second rollback thus goes
  /// one further back, not forward to what the first one left.
  std::optional<Release> last_good_before(const std::string& id) const;

 private:
  Layout layout_;
};

}  // namespace belay
