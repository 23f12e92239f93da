#include "release/source_tree.hpp"

#include <array>
#include <cerrno>
#include <ranges>
#include <string_view>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "model/visible_text.hpp"

namespace belay {

namespace {

using Kind = TreeEntry::Kind;

constexpr int as_directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw Error("the change of the source is refused: " + visible_text(path), why);
}

/// A path of the wire may be anything.
void require_inside(const std::string& path) {
  if (path.empty()) refuse("(no name)", "it is the source itself");
  if (path.starts_with('/')) refuse(path, "its path is absolute");
  for (const auto part : path | std::views::split('/')) {
    const std::string_view name(part.begin(), part.end());
    if (name.empty() || name == "." || name == "..") refuse(path, "its path leaves the release's source");
  }
}

void require_sound(const TreeChange& change) {
  for (const std::string& path : change.removed) require_inside(path);
  for (const auto& [entry, content] : change.put) {
    if (!(entry.path.empty() && entry.kind == Kind::directory)) require_inside(entry.path);
    if (entry.mode > 07777) refuse(entry.path, fmt::format("there is no mode {:o}", entry.mode));
  }
}

class Tree {
 public:
  explicit Tree(const fs::path& root) : root_(root), root_fd_(::open(root.c_str(), as_directory)) {
    if (!root_fd_) throw system_error("cannot open " + root.string(), errno);
  }

  void remove(const std::string& path) {
    // Its directory went away when the change was made before.
    const auto at = directory_of(path);
    if (!at) return;
    if (::unlinkat(*at, name_of(path), 0) == 0 || errno == ENOENT) return;
    if (errno != EISDIR && errno != EPERM) cannot("remove", path);
    forget_directory();
    remove_tree(root_ / path);  // no symlink leads there: that is what directory_of() has seen
  }

  void put(const TreeChange::Put& one) {
    switch (one.entry.kind) {
      case Kind::directory:
        return make_directory(one.entry);
      case Kind::symlink:
        return make_symlink(one.entry);
      case Kind::file:
        return write_file(one.entry, one.content);
      case Kind::other:
        refuse(one.entry.path, "it is neither a file nor a directory nor a symlink");
    }
  }

  /// After all that is in it: it may be read-only.
  void set_mode(const TreeEntry& entry) {
    if (entry.path.empty()) {
      if (::fchmod(root_fd_.get(), entry.mode) != 0) cannot("set the mode of", entry.path);
      return;
    }
    const Fd directory(::openat(existing_directory_of(entry.path), name_of(entry.path), as_directory));
    if (!directory || ::fchmod(directory.get(), entry.mode) != 0) cannot("set the mode of", entry.path);
  }

 private:
  static const char* name_of(const std::string& path) {
    return path.c_str() + (path.rfind('/') + 1);  // npos + 1 is 0
  }

  [[noreturn]] void cannot(const std::string& what, const std::string& path) const {
    throw system_error(fmt::format("cannot {} {} of the release's source", what, visible_text(path)), errno,
                       errno == ENOSPC ? "make room on the host's disk" : "");
  }

  /// The open directory in which it lies; empty: there is none. Throws Error if something else stands on the
  /// way to it, a symlink for instance.
  std::optional<int> directory_of(const std::string& path) {
    const std::size_t end = path.rfind('/');
    if (end == std::string::npos) return root_fd_.get();
    const std::string wanted = path.substr(0, end);
    if (opened_ && wanted == opened_path_) return opened_.get();
    Fd directory(::openat(root_fd_.get(), ".", as_directory));
    for (const auto part : wanted | std::views::split('/')) {
      const std::string name(part.begin(), part.end());
      Fd next(::openat(directory.get(), name.c_str(), as_directory));
      if (!next && errno == ENOENT) return {};
      if (!next && (errno == ELOOP || errno == ENOTDIR))
        refuse(path, "what it lies in is no directory of the release's source");
      if (!next) cannot("open the directory of", path);
      directory = std::move(next);
    }
    opened_ = std::move(directory);
    opened_path_ = wanted;
    return opened_.get();
  }
  int existing_directory_of(const std::string& path) {
    const auto directory = directory_of(path);
    if (!directory) refuse(path, "the directory that it lies in is not there");
    return *directory;
  }
  void forget_directory() {
    opened_.reset();
    opened_path_.clear();
  }

  void make_directory(const TreeEntry& entry) {
    if (entry.path.empty()) return;
    const int at = existing_directory_of(entry.path);
    if (::mkdirat(at, name_of(entry.path), 0700) == 0) return;
    struct stat there{};
    if (errno != EEXIST || ::fstatat(at, name_of(entry.path), &there, AT_SYMLINK_NOFOLLOW) != 0)
      cannot("make the directory", entry.path);
    if (!S_ISDIR(there.st_mode)) refuse(entry.path, "something else stands where a directory belongs");
  }

  void make_symlink(const TreeEntry& entry) {
    const int at = existing_directory_of(entry.path);
    if (::symlinkat(entry.target.c_str(), at, aside_.c_str()) != 0) cannot("make the link", entry.path);
    move_into_place(at, entry.path);
  }

  void write_file(const TreeEntry& entry, const std::string& content) {
    const int at = existing_directory_of(entry.path);
    const Fd file(::openat(at, aside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) cannot("write", entry.path);
    constexpr std::int64_t second = 1'000'000'000;
    const std::int64_t fraction = ((entry.modified % second) + second) % second;
    const timespec time{.tv_sec = (entry.modified - fraction) / second, .tv_nsec = fraction};
    const std::array<timespec, 2> times{time, time};
    errno = try_write_all(file.get(), content);
    if (errno != 0 || ::fchmod(file.get(), entry.mode) != 0 || ::futimens(file.get(), times.data()) != 0)
      give_up(at, "write", entry.path);
    move_into_place(at, entry.path);
  }

  void move_into_place(int at, const std::string& path) {
    if (::renameat(at, aside_.c_str(), at, name_of(path)) != 0) give_up(at, "put into its place", path);
  }

  [[noreturn]] void give_up(int at, const std::string& what, const std::string& path) const {
    const int reason = errno;
    ::unlinkat(at, aside_.c_str(), 0);
    errno = reason;
    cannot(what, path);
  }

  const fs::path& root_;
  Fd root_fd_;
  Fd opened_{};
  std::string opened_path_{};
  /// What a file is called until it is whole: no other file has that name.
  const std::string aside_ = ".belay-" + random_nonce();
};

}  // namespace

void make_change(const fs::path& tree, const TreeChange& change) {
  require_sound(change);
  Tree changed(tree);
  for (const std::string& path : change.removed) changed.remove(path);
  for (const TreeChange::Put& one : change.put) changed.put(one);
  for (const auto& one : change.put | std::views::reverse)
    if (one.entry.kind == Kind::directory) changed.set_mode(one.entry);
}

}  // namespace belay
