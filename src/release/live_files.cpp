#include "release/live_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <ranges>

#include <boost/json.hpp>
#include <fcntl.h>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/files.hpp"
#include "base/in_parallel.hpp"
#include "model/layout.hpp"

namespace belay {

namespace json = boost::json;

namespace {

enum class Kind { none, file, directory, symlink, other, unknown };

/// Unknown: the user who deploys may not look there.
Kind kind_of(const fs::path& path) {
  std::error_code problem;
  switch (fs::symlink_status(path, problem).type()) {
    case fs::file_type::none:
      return Kind::unknown;
    case fs::file_type::not_found:
      return Kind::none;
    case fs::file_type::regular:
      return Kind::file;
    case fs::file_type::directory:
      return Kind::directory;
    case fs::file_type::symlink:
      return Kind::symlink;
    default:
      return Kind::other;
  }
}

bool same_content(const fs::path& one, const fs::path& other) {
  std::ifstream a(one, std::ios::binary), b(other, std::ios::binary);
  if (!a || !b) return false;
  std::array<char, 1u << 16> left{}, right{};
  while (true) {
    a.read(left.data(), left.size());
    b.read(right.data(), right.size());
    if (a.gcount() != b.gcount() || !std::equal(left.begin(), left.begin() + a.gcount(), right.begin()))
      return false;
    if (a.gcount() < static_cast<std::streamsize>(left.size())) return a.eof() && b.eof();
  }
}

bool can_be_executed(const struct stat& status) {
  return (status.st_mode & S_IXUSR) != 0;
}

/// Two files that are written within one tick of the clock get the same time; and a file system may keep
/// whole seconds only. So it counts only as what publishing gave a file: a time before the file's own last
/// change.
bool has_published_time(const struct stat& live, const struct stat& source) {
  const auto nanoseconds = [](const timespec& time) { return std::pair(time.tv_sec, time.tv_nsec); };
  return nanoseconds(live.st_mtim) == nanoseconds(source.st_mtim) && live.st_ctim.tv_nsec != 0 &&
         nanoseconds(live.st_ctim) > nanoseconds(live.st_mtim);
}

bool is_alike(const struct stat& live, const struct stat& source) {
  return S_ISREG(live.st_mode) && S_ISREG(source.st_mode) && live.st_size == source.st_size &&
         can_be_executed(live) == can_be_executed(source);
}

/// A directory to look at files of by their names alone: the way to it is gone once.
Fd opened_directory(const fs::path& path) {
  return Fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/// Told without a look at the content; a directory that is not there has no such file.
bool is_as_published(const Fd& live, const Fd& source, const std::string& name) {
  struct stat a{}, b{};
  return ::fstatat(live.get(), name.c_str(), &a, AT_SYMLINK_NOFOLLOW) == 0 &&
         ::fstatat(source.get(), name.c_str(), &b, AT_SYMLINK_NOFOLLOW) == 0 && is_alike(a, b) &&
         has_published_time(a, b);
}

/// Most files of most releases are as they were published: those cost two looks each, and no more.
ComparedDirectory compare_directory(const fs::path& live_root, const fs::path& source_root,
                                    const fs::path& directory) {
  ComparedDirectory compared;
  const auto live = opened_directory(live_root / directory);
  const auto source = opened_directory(source_root / directory);
  for (const auto& entry : fs::directory_iterator(source_root / directory)) {
    const auto name = entry.path().filename();
    if (is_as_published(live, source, name.native())) continue;
    const auto path = directory / name;
    compared.to_look_at.insert(path);
    if (!entry.is_symlink() && entry.is_directory() && is_real_directory(live_root / path))
      compared.directories.push_back(path);
  }
  return compared;
}

bool is_below(const std::string& path, const std::string& directory) {
  return directory == "." || path == directory || path.starts_with(directory + "/");
}

/// These paths, and the directories on the way to them.
std::set<std::string> with_parents(const Publication& known) {
  std::set<std::string> paths;
  const auto add = [&](const fs::path& path) {
    for (fs::path way = path; !way.empty() && paths.insert(way.string()).second;) way = way.parent_path();
  };
  for (const auto& change : known.changes) add(change.path);
  for (const auto& kept : known.kept) add(kept.path);
  return paths;
}

class Planning {
 public:
  explicit Planning(PublicationRules rules) : rules_(std::move(rules)) {
    if (rules_.known != nullptr) only_ = with_parents(*rules_.known);
    planned_.emptied = is_emptied();
  }

  Publication plan() {
    if (!only_ && rules_.compared.empty()) rules_.compared = compare_directories(rules_.live, rules_.source);
    walk({});
    if (rules_.remove_extraneous && !rules_.before.empty()) remove_what_is_gone({});
    std::ranges::stable_partition(
        planned_.changes, [](const LiveChange& change) { return change.kind == LiveChange::Kind::removed; });
    return std::move(planned_);
  }

 private:
  void add(LiveChange::Kind kind, const fs::path& path) {
    planned_.changes.push_back({kind, path.string(), kind != LiveChange::Kind::added && is_edited(path)});
  }
  bool is_edited(const fs::path& path) const {
    return !rules_.before.empty() && kind_of(rules_.live / path) == Kind::file &&
           !same_file(rules_.live / path, rules_.before / path);
  }
  void keep(const fs::path& path, std::string why) {
    planned_.kept.push_back({path.string(), std::move(why)});
  }

  bool is_looked_at(const fs::path& path) const {
    return path != state_directory_name && (!only_ || only_->contains(path.string()));
  }

  /// Of what lies in it, relative to the live directory, and in order.
  std::set<fs::path> looked_at(const fs::path& root, const fs::path& directory) const {
    std::set<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(root / directory))
      if (auto path = directory / entry.path().filename(); is_looked_at(path)) paths.insert(std::move(path));
    return paths;
  }

  void walk(const fs::path& directory) {
    const auto known = rules_.compared.find(directory);
    const auto compared = known != rules_.compared.end()
                              ? std::move(known->second)
                              : compare_directory(rules_.live, rules_.source, directory);
    for (const auto& path : compared.to_look_at)
      if (is_looked_at(path)) look_at(path);
  }

  /// A directory that is not there: all of it is missing, whatever was known of it.
  void walk_all(const fs::path& directory) {
    auto only = std::exchange(only_, std::nullopt);
    walk(directory);
    only_ = std::move(only);
  }

  void look_at(const fs::path& path) {
    const auto there = kind_of(rules_.live / path);
    if (kind_of(rules_.source / path) == Kind::directory) {
      if (there == Kind::directory && !may_be_entered(rules_.live / path))
        return keep(path, "the user who deploys may not look into it");
      if (there == Kind::directory) return walk(path);
      if (there != Kind::none && !is_the_releases(path)) return keep(path, why_kept(path, there));
      if (there == Kind::none) {
        add(LiveChange::Kind::added, path);
        return walk_all(path);
      }
      add(LiveChange::Kind::removed, path);
      return add_whole(path);
    }
    if (there == Kind::none && was_taken_away(path)) return keep(path, "it was removed on the server");
    if (there == Kind::none) return add(LiveChange::Kind::added, path);
    if (same_file(rules_.live / path, rules_.source / path)) return;
    if (there == Kind::directory) return replace_directory(path);
    if (!is_the_releases(path)) return keep(path, why_kept(path, there));
    add(LiveChange::Kind::changed, path);
  }

  /// Without a look at the live directory: a symlink that goes away there may lead to files of the same
  /// names.
  void add_whole(const fs::path& directory) {
    add(LiveChange::Kind::added, directory);
    std::set<fs::path> names;
    for (const auto& entry : fs::directory_iterator(rules_.source / directory))
      names.insert(entry.path().filename());
    for (const auto& name : names) {
      const auto path = directory / name;
      if (kind_of(rules_.source / path) == Kind::directory)
        add_whole(path);
      else
        add(LiveChange::Kind::added, path);
    }
  }

  /// A directory in whose place the release has a file: only if all that is in it was brought by the release
  /// before.
  void replace_directory(const fs::path& path) {
    if (rules_.before.empty() || kind_of(rules_.before / path) != Kind::directory)
      return keep(path, "the server has a directory there");
    std::vector<fs::path> inside;
    if (const auto foreign = gather(path, inside); !foreign.empty())
      return keep(path, fmt::format("the server has {} there", foreign.string()));
    std::ranges::sort(inside, std::ranges::greater{});
    for (const auto& one : inside) add(LiveChange::Kind::removed, one);
    add(LiveChange::Kind::removed, path);
    add(LiveChange::Kind::added, path);
  }

  /// All that is in a directory of the live one; or the first that the release before did not bring.
  fs::path gather(const fs::path& directory, std::vector<fs::path>& inside) const {
    if (!may_be_entered(rules_.live / directory)) return directory;
    for (const auto& entry : fs::directory_iterator(rules_.live / directory)) {
      const auto path = directory / entry.path().filename();
      const bool is_directory = kind_of(entry.path()) == Kind::directory;
      if (!same_file(entry.path(), rules_.before / path)) return path;
      inside.push_back(path);
      if (!is_directory) continue;
      if (auto foreign = gather(path, inside); !foreign.empty()) return foreign;
    }
    return {};
  }

  void remove_what_is_gone(const fs::path& directory) {
    for (const auto& path : looked_at(rules_.before, directory)) {
      const bool is_directory = kind_of(rules_.before / path) == Kind::directory;
      const auto now = kind_of(rules_.source / path);
      if (!is_directory && now != Kind::none) continue;
      const auto there = kind_of(rules_.live / path);
      if (is_directory && there == Kind::directory) {
        if (!may_be_entered(rules_.live / path)) continue;
        if (now == Kind::directory || now == Kind::none) remove_what_is_gone(path);
        if (now == Kind::none && is_empty_then(path)) add(LiveChange::Kind::removed, path);
      } else if (!is_directory && there != Kind::none) {
        if (same_file(rules_.live / path, rules_.before / path))
          add(LiveChange::Kind::removed, path);
        else
          keep(path, "it was changed on the server");
      }
    }
  }

  bool is_empty_then(const fs::path& directory) const {
    return std::ranges::all_of(fs::directory_iterator(rules_.live / directory),
                               [&](const fs::directory_entry& entry) {
                                 const auto path = entry.path().lexically_relative(rules_.live).string();
                                 return std::ranges::any_of(planned_.changes, [&](const LiveChange& change) {
                                   return change.kind == LiveChange::Kind::removed && change.path == path;
                                 });
                               });
  }

  bool is_written(const fs::path& path) const {
    return std::ranges::any_of(rules_.written,
                               [&](const std::string& written) { return is_below(path.string(), written); });
  }

  bool was_brought(const fs::path& path) const {
    return !rules_.before.empty() && kind_of(rules_.before / path) != Kind::none;
  }

  /// A container may have removed it: it does not come back with each release. Not what is mounted by itself,
  /// nor all of it: a container cannot remove that.
  bool was_taken_away(const fs::path& path) const {
    return !planned_.emptied && was_brought(path) &&
           std::ranges::any_of(rules_.written, [&](const std::string& mounted) {
             return mounted != path.string() && is_below(path.string(), mounted) &&
                    is_real_directory(rules_.live / mounted);
           });
  }

  bool is_emptied() const {
    std::error_code missing;
    bool brought = false;
    for (const auto& entry : fs::directory_iterator(rules_.before, missing)) {
      brought = true;
      if (kind_of(rules_.live / entry.path().filename()) != Kind::none) return false;
    }
    return brought;
  }

  /// Whether what is in the live directory may be replaced.
  bool is_the_releases(const fs::path& path) const {
    const auto live = rules_.live / path;
    if (kind_of(live) == Kind::unknown) return false;
    if (kind_of(live) == Kind::symlink) return was_brought(path) && same_file(live, rules_.before / path);
    if (!is_written(path)) return true;
    if (was_brought(path)) return same_file(live, rules_.before / path);
    return kind_of(live) == Kind::file && ::access(live.c_str(), R_OK) == 0 && rules_.was_committed &&
           rules_.was_committed(live);
  }

  std::string why_kept(const fs::path& path, Kind there) const {
    if (there == Kind::symlink) return "the server has a symlink there";
    if (there == Kind::unknown) return "the user who deploys may not look at it";
    return was_brought(path) ? "a container may write to it, and it was changed on the server"
                             : "a container may write to it, and the server has its own";
  }

  PublicationRules rules_;
  std::optional<std::set<std::string>> only_;
  Publication planned_;
};

// ── acts
// ─────────────────────────────────────────────────────────────────────────────────────────────────────────

constexpr auto manifest_name = "changes.json";
constexpr auto replaced_name = "replaced";

[[noreturn]] void cannot(const std::string& what, const fs::path& path, const std::string& why) {
  struct stat status{};
  const bool known = ::lstat(path.c_str(), &status) == 0 || ::stat(path.parent_path().c_str(), &status) == 0;
  throw Error(
      fmt::format("cannot {} {}", what, path.string()),
      why + (known ? fmt::format("; it belongs to uid {}, and uid {} deploys", status.st_uid, ::geteuid())
                   : ""),
      "let the user who deploys own it, or take it out of the release (sync: exclude:)");
}

bool is_allowed(const fs::path& path, int what) {
  return ::faccessat(AT_FDCWD, path.c_str(), what, AT_EACCESS) == 0;
}

std::string owned_by(const fs::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return path.string() + " may not be looked at";
  return fmt::format("{} belongs to uid {}, mode {:04o}", path.string(), status.st_uid,
                     status.st_mode & 07777u);
}

/// In a directory that may be written: a file that may not be kept aside (neither linked nor read), or not be
/// renamed over since the directory is a shared one, as /tmp is.
bool may_not_be_replaced(const fs::path& file, const fs::path& directory) {
  struct stat of_file{}, of_directory{};
  if (::lstat(file.c_str(), &of_file) != 0 || ::stat(directory.c_str(), &of_directory) != 0) return false;
  const uid_t user = ::geteuid();
  if (user == 0 || of_file.st_uid == user) return false;
  const bool shared = (of_directory.st_mode & S_ISVTX) != 0 && of_directory.st_uid != user;
  return shared || (S_ISREG(of_file.st_mode) && !is_allowed(file, R_OK));
}

/// No directory is there yet. What stands in its place is a change of its own.
bool gives_way(const fs::path& directory) {
  const Kind kind = kind_of(directory);
  return kind != Kind::directory && kind != Kind::unknown;
}

/// A line each: what forbids these changes, and whose it is.
std::set<std::string> what_forbids(const Publication& publication, const fs::path& live) {
  std::set<std::string> lines;
  for (const auto& change : publication.changes) {
    const auto file = live / change.path;
    fs::path directory = file.parent_path();
    while (directory != live && gives_way(directory)) directory = directory.parent_path();
    if (!is_allowed(directory, W_OK | X_OK))
      lines.insert(owned_by(directory));
    else if (may_not_be_replaced(file, directory))
      lines.insert(owned_by(file));
  }
  return lines;
}

/// A name in git need not be UTF-8.
json::array read_manifest(const std::string& text) {
  json::parse_options options;
  options.allow_invalid_utf8 = true;
  return json::parse(text, {}, options).as_array();
}

/// A directory that goes away is made again with the same mode and owner.
json::value description_of_directory(const fs::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return nullptr;
  return json::object{{"mode", status.st_mode & 07777u}, {"uid", status.st_uid}, {"gid", status.st_gid}};
}

/// On top of what an earlier part of the same publication changed.
void write_manifest(const Publication& publication, const fs::path& live, const fs::path& aside) {
  json::array changes;
  if (const auto earlier = read_file_if_exists(aside / manifest_name)) changes = read_manifest(*earlier);
  std::set<std::pair<std::string, bool>> known;
  for (const auto& change : changes)
    known.emplace(change.at("path").as_string(), change.at("added").as_bool());
  for (const auto& change : publication.changes) {
    const bool added = change.kind == LiveChange::Kind::added;
    if (!known.emplace(change.path, added).second) continue;
    json::object one{{"path", change.path}, {"added", added}};
    if (change.kind == LiveChange::Kind::removed)
      one["directory"] = description_of_directory(live / change.path);
    changes.push_back(std::move(one));
  }
  write_file_atomically(aside / manifest_name, json::serialize(changes));
}

/// By its time same_file() knows it again. A file system that keeps no such times costs a look at the
/// content.
void copy_with_time(const fs::path& from, const fs::path& to, std::error_code& problem) {
  struct stat status{};
  if (::stat(from.c_str(), &status) != 0) {
    problem = std::error_code(errno, std::generic_category());
    return;
  }
  if (!fs::copy_file(from, to, problem)) return;
  const std::array<timespec, 2> times{status.st_atim, status.st_mtim};
  if (::utimensat(AT_FDCWD, to.c_str(), times.data(), 0) != 0)
    problem = std::error_code(errno, std::generic_category());
}

/// Between two file systems: what was moved or linked there within one. A file keeps mode, time and, as far
/// as the user who deploys may give it away, its owner; after a crash it is whole or not there.
void copy_as_it_is(const fs::path& from, const fs::path& to, std::error_code& problem) {
  if (kind_of(from) == Kind::symlink) return fs::copy_symlink(from, to, problem);
  copy_with_time(from, to, problem);
  if (problem) return;
  struct stat was{}, is{};
  if (::lstat(from.c_str(), &was) == 0 && ::lstat(to.c_str(), &is) == 0 &&
      (was.st_uid != is.st_uid || was.st_gid != is.st_gid) &&
      ::lchown(to.c_str(), was.st_uid, was.st_gid) == 0)
    ::chmod(to.c_str(), was.st_mode & 07777u);  // a change of owner takes bits away
  const Fd opened(::open(to.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened && ::fsync(opened.get()) != 0) problem = std::error_code(errno, std::generic_category());
}

/// Half a copy never has the name of a whole one.
void copy_whole(const fs::path& from, const fs::path& to, const fs::path& aside) {
  const auto half = aside / "half";
  std::error_code problem;
  fs::remove(half, problem);
  copy_as_it_is(from, half, problem);
  if (!problem) fs::rename(half, to, problem);
  if (problem) cannot("keep", from, problem.message());
}

/// Keeps what is at `live / path`, by a second name for the same file; by moving it where it goes away. A
/// copy is made where the file system cannot do that.
void put_aside(const fs::path& live, const std::string& path, const fs::path& aside, bool goes_away) {
  const auto from = live / path, to = aside / replaced_name / path;
  if (kind_of(from) == Kind::none || kind_of(to) != Kind::none) return;
  if (goes_away && kind_of(from) == Kind::directory) return;  // the manifest describes it
  make_directories(to.parent_path());
  if (goes_away && ::rename(from.c_str(), to.c_str()) == 0) return;
  if (!goes_away && ::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), 0) == 0) return;
  copy_whole(from, to, aside);
}

void remove_one(const fs::path& path) {
  std::error_code problem;
  fs::remove(path, problem);
  if (problem && problem != std::errc::directory_not_empty) cannot("remove", path, problem.message());
}

/// What a file is called until it is whole: in its directory, so that it gets the group that files get there.
fs::path unfinished(const fs::path& to) {
  return to.parent_path() / ".belay-new";
}

/// With the same mode, whatever the umask; and the group that its parent hands on.
void make_directory_like(const fs::path& from, const fs::path& to) {
  if (::mkdir(to.c_str(), 0700) != 0) {
    if (errno == EEXIST && kind_of(to) == Kind::directory) return;
    cannot("make", to, std::strerror(errno));
  }
  struct stat wanted{}, made{};
  if (::lstat(from.c_str(), &wanted) != 0 || ::lstat(to.c_str(), &made) != 0 ||
      ::chmod(to.c_str(), (wanted.st_mode & 07777u) | (made.st_mode & S_ISGID)) != 0)
    cannot("set the mode of", to, std::strerror(errno));
}

void put_there(const fs::path& from, const fs::path& to) {
  std::error_code problem;
  if (kind_of(from) == Kind::directory) return make_directory_like(from, to);
  const auto beside = unfinished(to);
  fs::remove(beside, problem);
  if (kind_of(from) == Kind::symlink)
    fs::copy_symlink(from, beside, problem);
  else
    copy_with_time(from, beside, problem);
  if (!problem) fs::rename(beside, to, problem);
  if (problem) {
    std::error_code left_behind;
    fs::remove(beside, left_behind);
    cannot("write", to, problem.message());
  }
}

void make_directory_again(const fs::path& path, const json::object& description) {
  if (::mkdir(path.c_str(), 0700) != 0) {
    if (errno == EEXIST) return;  // it was not empty, and stayed
    cannot("bring back", path, std::strerror(errno));
  }
  const auto number = [&](const char* key) { return description.at(key).to_number<unsigned>(); };
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0 &&
      (status.st_uid != number("uid") || status.st_gid != number("gid")) &&
      ::lchown(path.c_str(), number("uid"), number("gid")) != 0)
    cannot("give back to its owner", path, std::strerror(errno));
  if (::chmod(path.c_str(), number("mode")) != 0)
    cannot("bring back the mode of", path, std::strerror(errno));
}

/// Whether the way to `live / path` leads through directories alone. Behind a symlink lies what is not the
/// release's.
bool is_reached_by_directories(const fs::path& live, const fs::path& path) {
  fs::path way = live;
  for (const auto& name : path.parent_path())
    if (kind_of(way /= name) != Kind::directory) return false;
  return true;
}

/// A path that was removed and added has another kind of file there. As long as the old one is not put aside,
/// or is brought back already, it is the old one that lies there.
void take_away(const fs::path& live, const std::string& path, const fs::path& kept, bool replaced_a_file) {
  if (!is_reached_by_directories(live, path)) return;
  if (replaced_a_file && kind_of(kept) == Kind::none) return;
  remove_one(live / path);
}

/// On a full disk the room of what lies there is taken.
void bring_back_a_copy(const fs::path& kept, const fs::path& to, std::error_code& problem) {
  const auto beside = unfinished(to);
  copy_as_it_is(kept, beside, problem);
  if (problem == std::errc::no_space_on_device) {
    fs::remove(beside, problem);
    fs::remove(to, problem);
    copy_as_it_is(kept, beside, problem);
  }
  if (!problem) fs::rename(beside, to, problem);
}

void undo_one(const json::value& change, const fs::path& live, const fs::path& aside,
              const std::set<std::string>& replaced_files) {
  const std::string path(change.at("path").as_string());
  const auto kept = aside / replaced_name / path;
  std::error_code problem;
  if (is_reached_by_directories(live, path))
    fs::remove(unfinished(live / path), problem);  // what a killed process left; not there: nothing happens
  if (change.at("added").as_bool()) return take_away(live, path, kept, replaced_files.contains(path));
  if (const auto* directory = change.as_object().if_contains("directory");
      directory && directory->is_object())
    return make_directory_again(live / path, directory->get_object());
  if (kind_of(kept) == Kind::none || kind_of(kept) == Kind::directory) return;
  fs::create_directories((live / path).parent_path(), problem);
  fs::rename(kept, live / path, problem);
  if (problem == std::errc::cross_device_link) {
    problem.clear();
    bring_back_a_copy(kept, live / path, problem);
  }
  if (problem) cannot("bring back", live / path, problem.message());
}

/// Relative to the directory, in order; none where it is not there.
std::vector<std::string> files_below(const fs::path& directory) {
  std::vector<std::string> paths;
  if (!is_real_directory(directory)) return paths;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (kind_of(entry.path()) == Kind::file)
      paths.push_back(entry.path().lexically_relative(directory).string());
  std::ranges::sort(paths);
  return paths;
}

}  // namespace

bool same_file(const fs::path& live, const fs::path& source) {
  struct stat a{}, b{};
  if (::lstat(live.c_str(), &a) != 0 || ::lstat(source.c_str(), &b) != 0) return false;
  if ((a.st_mode & S_IFMT) != (b.st_mode & S_IFMT)) return false;
  if (a.st_dev == b.st_dev && a.st_ino == b.st_ino) return true;
  if (S_ISLNK(a.st_mode)) return fs::read_symlink(live) == fs::read_symlink(source);
  if (!S_ISREG(a.st_mode)) return S_ISDIR(a.st_mode);
  return is_alike(a, b) && (has_published_time(a, b) || same_content(live, source));
}

ComparedDirectories compare_directories(const fs::path& live, const fs::path& source) {
  ComparedDirectories all;
  for (std::vector<fs::path> level{fs::path()}; !level.empty();) {
    std::vector<ComparedDirectory> compared(level.size());
    in_parallel(level.size(),
                [&](std::size_t i) { compared[i] = compare_directory(live, source, level[i]); });
    std::vector<fs::path> below;
    for (std::size_t i = 0; i < level.size(); ++i) {
      std::ranges::copy(compared[i].directories, std::back_inserter(below));
      all.emplace(level[i], std::move(compared[i]));
    }
    level = std::move(below);
  }
  return all;
}

Publication plan_publication(PublicationRules rules) {
  return Planning(std::move(rules)).plan();
}

Publication additions_of(const Publication& all) {
  Publication added = all;
  std::erase_if(added.changes,
                [](const LiveChange& change) { return change.kind != LiveChange::Kind::added; });
  return added;
}

Publication limited_to(const Publication& all, const std::vector<std::string>& paths) {
  const auto concerned = [&](const std::string& path) {
    return std::ranges::any_of(paths, [&](const std::string& one) {
      return is_below(path, one) || is_below(one, path);  // the directory that a path lies in, too
    });
  };
  Publication limited;
  for (const auto& change : all.changes)
    if (concerned(change.path)) limited.changes.push_back(change);
  for (const auto& kept : all.kept)
    if (concerned(kept.path)) limited.kept.push_back(kept);
  return limited;
}

void require_may_publish(const Publication& publication, const fs::path& live) {
  const auto lines = what_forbids(publication, live);
  if (lines.empty()) return;
  throw Error(fmt::format("the user who deploys (uid {}) may not put the release's files into {}",
                          ::geteuid(), live.string()),
              fmt::format("{}", fmt::join(lines, "\n")),
              fmt::format("let that user own them, on the server: chown -R {} …; or leave them out of the "
                          "release: sync: {{ exclude: […] }} in belay.yml",
                          ::geteuid()),
              ExitCode::bad_input);
}

void publish(const Publication& publication, const fs::path& live, const fs::path& source,
             const fs::path& aside) {
  if (publication.changes.empty()) return;
  make_directories(aside);
  write_manifest(publication, live, aside);
  for (const auto& change : publication.changes) {
    if (change.kind == LiveChange::Kind::removed) {
      if (!is_reached_by_directories(live, change.path)) continue;  // done before, with what it lay in
      put_aside(live, change.path, aside, true);
      remove_one(live / change.path);
      continue;
    }
    if (change.kind == LiveChange::Kind::changed) put_aside(live, change.path, aside, false);
    put_there(source / change.path, live / change.path);
  }
}

void unpublish(const fs::path& live, const fs::path& aside) {
  const auto text = read_file_if_exists(aside / manifest_name);
  if (!text) return remove_tree(aside);
  const auto changes = read_manifest(*text);
  std::set<std::string> replaced_files;
  for (const auto& change : changes) {
    const auto* directory = change.as_object().if_contains("directory");
    if (directory && !directory->is_object()) replaced_files.emplace(change.at("path").as_string());
  }
  std::optional<Error> trouble;
  for (const auto& change : changes | std::views::reverse) {
    try {
      undo_one(change, live, aside, replaced_files);
    } catch (const Error& error) {
      if (!trouble) trouble = error;
    }
  }
  if (trouble) throw Error(*trouble);  // what could not be brought back stays in `aside`
  remove_tree(aside);
}

std::vector<std::string> keep_edits(const fs::path& aside, const fs::path& before, const fs::path& kept) {
  const auto replaced = aside / replaced_name;
  for (const auto& path : files_below(replaced)) {
    if (same_file(replaced / path, before / path)) continue;
    make_directories((kept / path).parent_path());
    fs::rename(replaced / path, kept / path);
  }
  return files_below(kept);
}

void keep_live_version(const fs::path& live, const fs::path& source, const fs::path& kept) {
  remove_tree(kept);  // of an attempt that died at this
  make_directories(kept);
  for (auto entry = fs::recursive_directory_iterator(source); entry != fs::recursive_directory_iterator();
       ++entry) {
    const auto path = entry->path().lexically_relative(source);
    const auto there = kind_of(live / path);
    if (there == Kind::directory && kind_of(entry->path()) == Kind::directory &&
        may_be_entered(live / path)) {
      make_directory_like(live / path, kept / path);  // its mode comes back with a rollback
      fs::permissions(kept / path, fs::perms::owner_all, fs::perm_options::add);
      continue;
    }
    if (kind_of(entry->path()) == Kind::directory) entry.disable_recursion_pending();
    if (there == Kind::file && same_file(live / path, entry->path()))
      fs::create_hard_link(entry->path(), kept / path);
    else if (there == Kind::file || there == Kind::symlink)
      fs::copy(live / path, kept / path, fs::copy_options::copy_symlinks);
  }
}

}  // namespace belay
