#include "host/state_move.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <map>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fault_point.hpp"
#include "base/hash.hpp"
#include "drivers/own_state.hpp"

namespace belay {

namespace {

constexpr auto role = "move";
/// What an old state is called in the live directory while it is removed.
constexpr auto leftover_name = ".belay-moving";

Error failure(const std::string& what, const fs::path& path) {
  return system_error(fmt::format("cannot {} {}", what, path.string()), errno);
}

/// Two names change places in one step. False where the file system cannot do that, or the two lie on two.
bool exchange(const fs::path& one, const fs::path& other) {
  if (::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) != 0) return false;
  fsync_directory(one.parent_path());
  fsync_directory(other.parent_path());
  return true;
}

/// Copies a tree as it is: modes, owners, times, symlinks, and several names of one file. What is no file,
/// such as a socket, is of the moment and left out; so are locks.
class TreeCopy {
 public:
  TreeCopy(const fs::path& from, const fs::path& to) {
    directory(from, to, true);
    const Fd opened(::open(to.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened || ::syncfs(opened.get()) != 0) throw failure("write", to);
  }

 private:
  void directory(const fs::path& from, const fs::path& to, bool top) {
    make_directories(to);
    for (const auto& entry : fs::directory_iterator(from)) {
      const auto name = entry.path().filename();
      if (top && (name == "lock" || name == moving_name || name.native().starts_with("waiting-"))) continue;
      one(entry.path(), to / name);
    }
    as_it_was(from, to);
  }

  void one(const fs::path& from, const fs::path& to) {
    struct stat status{};
    if (::lstat(from.c_str(), &status) != 0) throw failure("look at", from);
    if (S_ISDIR(status.st_mode)) return directory(from, to, false);
    if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) return;
    auto& known = names_[{status.st_dev, status.st_ino}];
    if (!known.empty()) return fs::create_hard_link(known, to);
    fs::copy(from, to, fs::copy_options::copy_symlinks);
    as_it_was(from, to);
    known = to;
  }

  static void as_it_was(const fs::path& from, const fs::path& to) {
    struct stat status{};
    if (::lstat(from.c_str(), &status) != 0) throw failure("look at", from);
    if (::geteuid() == 0 && ::lchown(to.c_str(), status.st_uid, status.st_gid) != 0)
      throw failure("set the owner of", to);
    if (!S_ISLNK(status.st_mode) && ::chmod(to.c_str(), status.st_mode & 07777u) != 0)
      throw failure("set the mode of", to);
    const std::array<timespec, 2> times{status.st_atim, status.st_mtim};
    if (::utimensat(AT_FDCWD, to.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
      throw failure("set the time of", to);
  }

  std::map<std::pair<dev_t, ino_t>, fs::path> names_;
};

/// The program that runs may have been shipped to the new place already.
void give_back_programs(const fs::path& target, const fs::path& old) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(target / "bin", none)) {
    const auto there = old / "bin" / entry.path().filename();
    if (entry.is_symlink() || fs::exists(there)) continue;
    make_directories(old / "bin");
    fs::copy_file(entry.path(), there, none);
  }
  remove_tree(target);
}

/// By a new name for the same directory: whatever is mounted or opened of it stays what it is.
bool renamed(const fs::path& old, const fs::path& target) {
  if (::symlink(target.c_str(), target.c_str()) != 0) throw failure("make the link", target);
  fault_point(role, "link-made");
  if (exchange(old, target)) return true;
  remove_tree(target);
  if (::rename(old.c_str(), target.c_str()) != 0) return false;
  fault_point(role, "renamed");
  fsync_directory(target.parent_path());
  fsync_directory(old.parent_path());
  return true;
}

/// False: it cannot be copied, and stays where it is.
bool copied(const fs::path& old, const fs::path& target, FileLock& lock) {
  const auto beside = target.parent_path() / ("." + target.filename().string());
  remove_tree(beside);  // of one that died at this
  try {
    TreeCopy(old, beside);
  } catch (const std::exception&) {  // a full disk, a file of somebody else's: it stays where it works
    remove_tree(beside);
    return false;
  }
  fault_point(role, "copied");
  auto taken = FileLock::try_acquire(beside / "lock");
  if (!taken) throw Error("another process uses " + beside.string());
  write_file_atomically(old / moving_name, target.string() + "\n");
  fault_point(role, "marked");
  if (::rename(beside.c_str(), target.c_str()) != 0) throw failure("make", target);
  fsync_directory(target.parent_path());
  fault_point(role, "in-place");
  lock = std::move(*taken);
  return true;
}

bool is_in_use_by_an_edge(const fs::path& state) {
  std::error_code none;
  return fs::directory_iterator(state / "edge", none) != fs::directory_iterator();
}

dev_t device_of(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) throw failure("look at", path);
  return status.st_dev;
}

/// False: it stays where it is.
bool moved(const Layout& layout, const fs::path& target, FileLock& lock) {
  make_directories(target.parent_path());
  if (device_of(layout.state) != device_of(layout.live)) return false;  // mounted there on purpose
  if (is_real_directory(target) && device_of(target) != device_of(target.parent_path())) return false;
  give_back_programs(target, layout.state);
  if (renamed(layout.state, target)) return true;
  if (is_in_use_by_an_edge(layout.state)) return false;
  return copied(layout.state, target, lock);
}

/// What an older belay's state directory holds before its first run.
void remove_empty_state(const fs::path& old) {
  std::error_code not_empty;
  remove_tree(old / "bin");
  remove_tree(old / "lock");
  fs::remove(old, not_empty);
}

void take_away_what_was_copied(const Layout& layout, const fs::path& old) {
  const auto leftover = layout.live / leftover_name;
  if (::symlink(layout.state.c_str(), leftover.c_str()) != 0) throw failure("make the link", leftover);
  if (!exchange(old, leftover)) remove_tree(old);
  fault_point(role, "exchanged");
  remove_tree(leftover);
}

void lay_link(const Layout& layout) {
  const auto link = layout.live / state_directory_name;
  remove_tree(layout.live / leftover_name);
  if (is_real_directory(link)) {
    if (fs::exists(link / moving_name))
      take_away_what_was_copied(layout, link);
    else
      remove_empty_state(link);
  }
  std::error_code none;
  if (is_real_directory(link) || fs::read_symlink(link, none) == layout.state) return;
  replace_symlink(link, layout.state);
}

}  // namespace

Layout settled_in_its_place(const HostArguments& where, FileLock& lock) {
  auto layout = where.layout();
  if (layout.state == layout.live / state_directory_name) {
    const auto target = where.state.empty() ? own_state(layout.live) : where.state;
    if (!moved(layout, target, lock)) return layout;
    layout = where.layout();
  }
  try {
    lay_link(layout);
  } catch (const Error&) {
    return layout;  // it is there for people: a directory that cannot be written to does without it
  }
  return layout;
}

}  // namespace belay
