#pragma once

#include <string>
#include <vector>

#include "../drivers/scratch.hpp"
#include "model/config.hpp"

namespace belay::testing {

/// A real git repository with an app in a folder of its own, as belay.yml describes it.
class AppRepository {
 public:
  AppRepository();
  const fs::path& path() const { return path_; }
  /// Writes a file of the working tree.
  void write(const std::string& name, const std::string& content) const;
  std::string git(const std::vector<std::string>& arguments) const;
  /// Commits all there is; the commit's id.
  std::string commit(const std::string& subject) const;
  /// belay.yml at the top, `source: app`, one environment "production" without a host.
  Config config() const;

 private:
  Scratch scratch_;
  fs::path path_;
};

/// The names of all files below, sorted.
std::vector<std::string> files_in(const fs::path& directory);

}  // namespace belay::testing
