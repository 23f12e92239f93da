#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.hpp"

namespace belay::rsync {

struct Transfer {
  std::uint64_t files = 0, files_sent = 0, bytes_total = 0, bytes_sent = 0;
};
using ProgressSink = std::function<void(std::uint64_t bytes_done, int percent)>;

/// What makes a file that is there already the same as ours. Size and time may stand for the contents only
/// where both sides have their times from one kept tree.
enum class Compare { contents, size_and_time };

struct Request {
  std::filesystem::path from;          // the directory whose contents go
  std::string to;                      // a directory: local, or destination:path with `remote_shell`
  std::vector<std::string> exclude{};  // rsync patterns
  std::string link_destination{};      // the receiver's: unchanged files are hard links into it
  /// `to` holds hard links to the files of a release before: what is not ours goes. Only with size_and_time,
  /// where times tell contents *and* modes apart: rsync replaces a file whose time differs, but would set a
  /// mode that differs on all its links.
  bool holds_links = false;
  bool remove_extraneous = false;           // --delete: what is excluded is never removed
  bool make_room = false;                   // a directory that is not empty gives way to a file of its name
  std::vector<std::string> never_remove{};  // nor is what matches these, though it is transferred
  std::string remote_shell{};               // for -e; empty: local
  Compare compare = Compare::contents;
  bool keep_times = false;  // files get our times there; always so with size_and_time
};

/// Throws Error with rsync's own words.
Transfer transfer(const Request&, const ProgressSink&, std::stop_token, Deadline);
/// What transfer() would do to one entry; a directory's path ends in a slash. An entry whose contents stay is
/// no change, whatever its time; a mode that differs counts if Modes says so.
struct Change {
  enum class Kind { added, changed, removed };
  Kind kind = Kind::changed;
  std::string path;
};
enum class Modes { count, do_not_count };
/// What transfer() would change; nothing is touched. Empty if the directory `to` is not there. Throws Error
/// with rsync's own words.
std::optional<std::vector<Change>> preview(const Request&, Modes, std::stop_token, Deadline);
/// The paths of a tree that a transfer with this exclude list sends, directories too, without their slash.
std::set<std::string> sent_of(const std::filesystem::path& tree, const std::vector<std::string>& exclude,
                              std::stop_token);
struct Hidden {
  std::string path, pattern;
};
/// Those of `files` (or directories) of a tree that an exclude list would hide, with the pattern at fault:
/// asked of rsync itself.
std::vector<Hidden> hidden_by(const std::vector<std::string>& exclude, const std::filesystem::path& tree,
                              const std::vector<std::string>& files, std::stop_token);
/// "3.2.7"; empty if missing.
std::string version(std::stop_token);

}  // namespace belay::rsync
