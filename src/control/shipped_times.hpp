#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "drivers/rsync.hpp"

namespace belay {

/// Remembers beside a kept tree which directories on hosts hold files with the tree's own times. Only against
/// those may rsync compare by size and time; a release that another machine made is compared by contents.
class ShippedTimes {
 public:
  /// `memory`: the file that remembers. Empty: nothing is remembered, contents decide.
  explicit ShippedTimes(std::filesystem::path memory);

  /// The source directories on that host whose files have the tree's times; the last ones shipped, at most
  /// twenty.
  std::vector<std::string> directories_on(const std::string& host) const;
  bool are_in(const std::string& host, const std::filesystem::path& directory) const;
  /// Fills in how to compare and whether times go along. Against another machine's release they do not at
  /// first, so that all that is the same is linked; from the second time on they do (what is the same is then
  /// copied on the host, once), so that the next may compare by time.
  void choose(rsync::Request&, const std::string& host, const std::filesystem::path& directory) const;
  /// The request was carried out.
  void note(const rsync::Request&, const std::string& host, const std::filesystem::path& directory) const;
  /// The directory has the tree's times without a request: the host made it of files that have them.
  void note_links(const std::string& host, const std::filesystem::path& directory) const;

 private:
  void note(const std::string& host, const std::filesystem::path& directory, bool with_times) const;
  bool remembers(const std::string& line) const;

  std::filesystem::path memory_;
  std::vector<std::string> lines_{};
};

}  // namespace belay
