#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace belay {

/// Putting a release's files into the live directory, and taking them out again.
///
/// The live directory is shared: releases bring files, operators and containers have theirs there. A release
/// replaces what a release brought, and never what is the server's: a symlink, a file that a container wrote
/// to, a directory's mode and owner. Who wrote a file is told by comparing it with what the release before
/// brought.

struct LiveChange {
  enum class Kind { added, changed, removed };
  Kind kind = Kind::changed;
  std::string path;  // relative to the live directory; of a directory without a slash behind it
  /// The file there is not as the release before brought it: somebody edited it.
  bool replaces_edits = false;
};

/// A file of the release that is not put there, because what is there is the server's.
struct LiveKept {
  std::string path, why;
};

struct Publication {
  std::vector<LiveChange> changes;  // removals first, then a directory before what is in it
  std::vector<LiveKept> kept;
  /// Nothing of what the release before brought is in the live directory: somebody emptied it, or it is new.
  bool emptied = false;
};

/// One directory of a release's source beside the live one. Paths are relative to both.
struct ComparedDirectory {
  std::set<std::filesystem::path> to_look_at{};      // all that is not as it was published
  std::vector<std::filesystem::path> directories{};  // those among them that are one on both sides
};
using ComparedDirectories = std::map<std::filesystem::path, ComparedDirectory>;
/// All directories that both sides have, several at a time: the long part of planning a publication, which
/// needs nothing else.
ComparedDirectories compare_directories(const std::filesystem::path& live,
                                        const std::filesystem::path& source);

struct PublicationRules {
  std::filesystem::path live, source;
  std::filesystem::path before{};      // the source of the release that serves; empty: unknown
  std::vector<std::string> written{};  // what containers may write to, relative to the live directory
  bool remove_extraneous = false;      // what the release before brought and this one lacks is removed
  const Publication* known = nullptr;  // planned before: only its paths are looked at again
  ComparedDirectories compared{};      // of a look just before; empty: plan_publication() looks itself
  /// Whether a file's content is one that was ever committed; asked where no release before tells who wrote
  /// it.
  std::function<bool(const std::filesystem::path& file)> was_committed{};
};

/// What publishing would change now; touches nothing.
Publication plan_publication(PublicationRules);

/// Only the changes to these paths and what is below them; "." is all.
Publication limited_to(const Publication&, const std::vector<std::string>& paths);

/// Only what is not there yet.
Publication additions_of(const Publication&);

/// Before anything is published: throws Error{bad_input} with every file and directory of the live directory
/// that keeps the user of this process from making the changes, and whose each is.
void require_may_publish(const Publication&, const std::filesystem::path& live);

/// Makes the changes. What they replace is kept in `aside` (on the same file system), so that going back
/// needs no room on the disk. Done again after a death it finishes. Throws Error naming the file and its
/// owner.
void publish(const Publication&, const std::filesystem::path& live, const std::filesystem::path& source,
             const std::filesystem::path& aside);

/// Undoes what publish() did with this `aside`, whole or in part. Nothing was published: nothing happens. A
/// file that cannot be brought back does not stop the others; then throws Error, and it stays in `aside`.
void unpublish(const std::filesystem::path& live, const std::filesystem::path& aside);

/// Moves the files in `aside` that publishing replaced and that are not as `before` has them to `kept`.
/// Returns the paths of all in `kept`, in order.
std::vector<std::string> keep_edits(const std::filesystem::path& aside, const std::filesystem::path& before,
                                    const std::filesystem::path& kept);

/// Keeps the live directory's version of every file that the release would bring, as the source of the
/// release that serves now and has none: a rollback needs it.
void keep_live_version(const std::filesystem::path& live, const std::filesystem::path& source,
                       const std::filesystem::path& kept);

/// Whether both are the same kind of file with the same content (and, if they are files, both or neither can
/// be executed). What was published has the time of change that its source has, to the nanosecond: of such a
/// file the contents are not read.
bool same_file(const std::filesystem::path& live, const std::filesystem::path& source);

}  // namespace belay
