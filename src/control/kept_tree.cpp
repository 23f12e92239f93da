#include "control/kept_tree.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <map>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fault_point.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "drivers/git_blobs.hpp"
#include "drivers/git_lfs.hpp"

namespace belay {

namespace {

using Kind = git::Entry::Kind;
using Lfs = TreeRecord::File::Lfs;

constexpr mode_t directory_mode = 0755;

bool is_kind(const struct stat& status, Kind kind) {
  return kind == Kind::link ? S_ISLNK(status.st_mode) : S_ISREG(status.st_mode);
}

/// A repository that somebody damaged on purpose must not make us write elsewhere.
void require_plain(const std::string& path) {
  for (const fs::path& part : fs::path(path))
    if (part.empty() || part == "." || part == ".." || part == ".git" || path.starts_with('/'))
      throw Error("the commit holds a file that no checkout may have: " + path, {},
                  "is the repository damaged? git fsck shows it");
}

struct Directory {
  DIR* stream;
  explicit Directory(int fd) : stream(::fdopendir(fd)) {}
  ~Directory() {
    if (stream != nullptr) ::closedir(stream);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
};

/// All names first: what is removed while reading could hide others.
std::vector<std::string> names_in(int directory, const std::string& shown) {
  const Directory opened(::dup(directory));
  if (opened.stream == nullptr) throw system_error("cannot read the directory " + shown, errno);
  ::rewinddir(opened.stream);
  std::vector<std::string> names;
  while (const dirent* const entry = ::readdir(opened.stream))
    if (const std::string_view name = entry->d_name; name != "." && name != "..") names.emplace_back(name);
  return names;
}

void set_time(const fs::path& path, std::int64_t stamp) {
  const timespec time{.tv_sec = stamp, .tv_nsec = 0};
  const timespec both[2] = {time, time};
  if (::utimensat(AT_FDCWD, path.c_str(), both, AT_SYMLINK_NOFOLLOW) != 0)
    throw system_error("cannot set the time of " + path.string(), errno);
}

mode_t mode_of(Kind kind) {
  return kind == Kind::program ? 0755 : 0644;
}

std::string in_repository(const KeptTree::Wanted& wanted, const TreeRecord::File& file) {
  return (wanted.inside / file.entry.path).lexically_normal();
}

/// A new file, open for writing.
Fd create(const fs::path& path) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) throw system_error("cannot write " + path.string(), errno);
  return file;
}

void finish(const Fd& file, const fs::path& path, Kind kind) {
  if (::fchmod(file.get(), mode_of(kind)) != 0)  // whatever the umask
    throw system_error("cannot set the mode of " + path.string(), errno);
}

std::string all_of(git::Blobs::Content& content) {
  std::string all;
  for (std::string_view piece = content.next(); !piece.empty(); piece = content.next()) all += piece;
  return all;
}

/// Writes one committed content; true if it may be a pointer of git-lfs.
bool write_entry(const fs::path& path, Kind kind, git::Blobs::Content& content) {
  if (kind == Kind::link) {
    if (::symlink(all_of(content).c_str(), path.c_str()) != 0)
      throw system_error("cannot make the link " + path.string(), errno);
    return false;
  }
  std::string beginning;
  const Fd file = create(path);
  const bool small = content.size() <= git_lfs::longest_pointer;
  for (std::string_view piece = content.next(); !piece.empty(); piece = content.next()) {
    if (const int reason = try_write_all(file.get(), piece))
      throw system_error("cannot write " + path.string(), reason, "is there room on that disk?");
    if (small) beginning += piece;
  }
  finish(file, path, kind);
  return small && git_lfs::is_pointer(beginning);
}

}  // namespace

KeptTree KeptTree::take(const fs::path& space, const std::string& name) {
  const fs::path trees = space / "trees";
  for (int number = 0;; ++number) {
    const fs::path place = trees / fmt::format("{}-{}", name, number);
    make_directories(place, 0700);
    auto lock = FileLock::try_acquire(place / "lock");
    if (!lock || !fs::exists(place / "lock")) continue;   // somebody has just removed it for its age
    lock->write_holder(fmt::format("{}\n", ::getpid()));  // its time is when the tree was last used
    return {place, std::move(*lock)};
  }
}

KeptTree::KeptTree(fs::path place, FileLock lock) : place_(std::move(place)), lock_(std::move(lock)) {
  if (auto record = read_tree_record(place_ / "record")) {
    record_ = std::move(*record);
  } else {
    forget();
  }
}

/// Nothing is known of the files there: their times mean nothing any more.
void KeptTree::forget() {
  record_.tree.clear();
  for (const auto& entry : fs::directory_iterator(place_))
    if (entry.path().filename().string().starts_with("memory-")) fs::remove(entry);
}

void KeptTree::bring_to(const Wanted& wanted, std::stop_token stop, Deadline deadline) {
  written_ = 0;
  whole_.reset();
  absent_.clear();
  // A submodule that was absent may have come since.
  const bool has_gaps =
      std::ranges::any_of(record_.files, [](const auto& file) { return file.entry.kind == Kind::submodule; });
  const bool listed = record_.tree != wanted.tree || has_gaps;
  if (listed) {
    want(whole(wanted, stop, deadline).entries);
    absent_ = whole_->absent;
  }
  index_wanted();
  try {
    clear();
  } catch (const Error& error) {
    set_aside(error);  // and left_behind() tells
  }
  const bool complete = std::ranges::find(there_, false) == there_.end();
  record_.stamp = std::max<std::int64_t>(std::time(nullptr), record_.stamp + 1);
  if (!complete) write_missing(wanted, stop, deadline);
  fill_pointers(wanted, stop, deadline);
  record_.tree = wanted.tree;
  if (listed || written_ > 0) write_tree_record(place_ / "record", record_);
}

/// Listed once, and only when it is needed: a tree that is the same again does without.
const git::WholeTree& KeptTree::whole(const Wanted& wanted, const std::stop_token& stop, Deadline deadline) {
  if (!whole_)
    whole_ = git::whole_tree(wanted.repository, wanted.commit, wanted.inside, wanted.tree, stop, deadline);
  return *whole_;
}

/// Tests may leave what only root can remove. It is left where it is, and a new tree begun.
void KeptTree::set_aside(const Error& problem) {
  const fs::path aside = place_ / ("left-" + random_nonce());
  if (::rename(directory().c_str(), aside.c_str()) != 0)
    throw system_error("cannot set aside " + directory().string(), errno);
  left_behind_ =
      fmt::format("{}\nsince that can be removed by its owner alone, all of the tree was left in {}",
                  problem.message_and_why(), aside.string());
  forget();
  for (auto& file : record_.files) file = TreeRecord::File{.entry = std::move(file.entry)};
  index_wanted();
  clear();
}

/// The files of `entries`, with what is known of those that stay the same.
void KeptTree::want(const std::vector<git::Entry>& entries) {
  std::unordered_map<std::string_view, const TreeRecord::File*> known;
  for (const auto& file : record_.files) known.emplace(file.entry.path, &file);
  std::vector<TreeRecord::File> files;
  files.reserve(entries.size());
  for (const git::Entry& entry : entries) {
    require_plain(entry.path);
    const auto found = known.find(entry.path);
    const bool same = found != known.end() && found->second->entry.kind == entry.kind &&
                      found->second->entry.id == entry.id;
    files.push_back(same ? *found->second : TreeRecord::File{.entry = entry});
  }
  record_.files = std::move(files);
}

void KeptTree::index_wanted() {
  by_path_.clear();
  directories_.clear();
  made_.clear();
  there_.assign(record_.files.size(), false);
  for (std::size_t i = 0; i < record_.files.size(); ++i) {
    const std::string& path = record_.files[i].entry.path;
    if (record_.files[i].entry.kind == Kind::submodule)
      directories_.insert(path);
    else
      by_path_.emplace(path, i);
    for (std::size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0;
         slash = path.rfind('/', slash - 1))
      if (!directories_.insert(path.substr(0, slash)).second) break;
  }
  for (const std::string& directory : directories_)
    if (by_path_.contains(directory))
      throw Error("the commit has a file and a directory of one name: " + directory, {},
                  "is the repository damaged? git fsck shows it");
}

/// Removes what is not wanted, and notes what is there as it was written.
void KeptTree::clear() {
  const fs::path tree = directory();
  if (!is_real_directory(tree)) {
    remove_tree(tree);
    make_directories(tree, directory_mode);
  }
  if (::chmod(tree.c_str(), directory_mode) != 0)
    throw system_error("cannot set the mode of " + tree.string(), errno);
  const Fd opened(::open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened) throw system_error("cannot open " + tree.string(), errno);
  look_through(opened.get(), "");
  for (std::size_t i = 0; i < there_.size(); ++i)  // git's checkout makes an empty directory, too
    if (record_.files[i].entry.kind == Kind::submodule) {
      make_directories_of(record_.files[i].entry.path + "/");
      there_[i] = true;
    }
}

void KeptTree::look_through(int directory, const std::string& prefix) {
  for (const std::string& name : names_in(directory, prefix)) {
    const std::string path = prefix + name;
    struct stat status{};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      throw system_error("cannot look at " + (this->directory() / path).string(), errno);
    look_at(directory, name, path, status);
  }
}

void KeptTree::look_at(int directory, const std::string& name, const std::string& path,
                       const struct stat& status) {
  const fs::path full = this->directory() / path;
  if (S_ISDIR(status.st_mode) && directories_.contains(path)) {
    if ((status.st_mode & 07777) != directory_mode &&
        ::fchmodat(directory, name.c_str(), directory_mode, 0) != 0)
      throw system_error("cannot set the mode of " + full.string(), errno);
    const Fd opened(::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!opened) throw system_error("cannot open " + full.string(), errno);
    made_.insert(path);
    return look_through(opened.get(), path + "/");
  }
  const auto wanted = by_path_.find(path);
  if (wanted != by_path_.end() && is_kind(status, record_.files[wanted->second].entry.kind) &&
      record_.files[wanted->second].has_marks_of(status)) {
    there_[wanted->second] = true;
  } else if (S_ISDIR(status.st_mode)) {
    remove_tree(full);
  } else if (::unlinkat(directory, name.c_str(), 0) != 0) {
    throw system_error("cannot remove " + full.string(), errno);
  }
}

/// The directories above `path`.
void KeptTree::make_directories_of(const std::string& path) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string above = path.substr(0, slash);
    if (!made_.insert(above).second) continue;
    const fs::path full = directory() / above;
    if (::mkdir(full.c_str(), directory_mode) != 0 || ::chmod(full.c_str(), directory_mode) != 0)
      throw system_error("cannot make the directory " + full.string(), errno);
  }
}

void KeptTree::write_missing(const Wanted& wanted, const std::stop_token& stop, Deadline deadline) {
  std::vector<std::size_t> missing;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < there_.size(); ++i)
    if (!there_[i]) {
      missing.push_back(i);
      ids.push_back(record_.files[i].entry.id);
    }
  git::Blobs blobs(whole(wanted, stop, deadline).objects, stop, deadline);
  blobs.read(ids, [&](std::size_t number, git::Blobs::Content& content) {
    TreeRecord::File& file = record_.files[missing[number]];
    make_directories_of(file.entry.path);
    const fs::path path = directory() / file.entry.path;
    file.lfs = write_entry(path, file.entry.kind, content) ? Lfs::pointer : Lfs::none;
    mark(file);
    fault_point("controller", "checkout");
  });
  written_ += missing.size();
}

/// What .gitattributes gives to git-lfs is filled with its content, as a checkout with git-lfs does.
void KeptTree::fill_pointers(const Wanted& wanted, const std::stop_token& stop, Deadline deadline) {
  const auto may_be_pointer = [](const auto& file) { return file.lfs != Lfs::none; };
  // Also where the tree is the same: a .gitattributes above it may be another one, and the store has news.
  if (std::ranges::none_of(record_.files, may_be_pointer)) return;
  const std::vector<std::string> given = given_to_lfs(wanted, stop, deadline);
  const auto is_given = [&](const TreeRecord::File& file) {
    return std::ranges::binary_search(given, in_repository(wanted, file));
  };
  std::vector<TreeRecord::File*> changing;
  std::vector<std::string> ids;
  for (auto& file : record_.files) {
    if (file.lfs == Lfs::none || is_given(file) == (file.lfs == Lfs::filled)) continue;
    changing.push_back(&file);
    ids.push_back(file.entry.id);
  }
  for (auto& file : record_.files)
    if (file.lfs == Lfs::pointer && !is_given(file)) file.lfs = Lfs::alike;
  std::map<const git::Module*, fs::path> stores;
  git::Blobs blobs(whole(wanted, stop, deadline).objects, stop, deadline);
  blobs.read(ids, [&](std::size_t number, git::Blobs::Content& content) {
    TreeRecord::File& file = *changing[number];
    const std::string pointer = all_of(content);
    if (!is_given(file)) return put_pointer(file, pointer, Lfs::alike);
    const git::Module& module = git::module_of(whole_->modules, in_repository(wanted, file));
    fs::path& store = stores[&module];
    if (store.empty()) store = git_lfs::store_of(module.git_directory, stop, deadline);
    put_content(file, pointer, store);
  });
}

/// Sorted, as places in the outermost repository. Each submodule has .gitattributes of its own.
std::vector<std::string> KeptTree::given_to_lfs(const Wanted& wanted, const std::stop_token& stop,
                                                Deadline deadline) {
  const git::WholeTree& tree = whole(wanted, stop, deadline);
  std::map<const git::Module*, std::vector<std::string>> asked;
  const auto prefix = [](const git::Module& module) { return module.path.empty() ? "" : module.path + "/"; };
  for (const auto& file : record_.files) {
    if (file.lfs == Lfs::none) continue;
    const std::string path = in_repository(wanted, file);
    const git::Module& module = git::module_of(tree.modules, path);
    asked[&module].push_back(path.substr(prefix(module).size()));
  }
  std::vector<std::string> given;
  for (const auto& [module, paths] : asked)
    for (const std::string& path : git::with_attribute(tree.objects, module->commit, "filter", "lfs", paths,
                                                       place_ / "index", stop, deadline))
      given.push_back(prefix(*module) + path);
  std::ranges::sort(given);
  return given;
}

void KeptTree::put_pointer(TreeRecord::File& file, const std::string& pointer, Lfs as) {
  const fs::path path = directory() / file.entry.path;
  remove_tree(path);
  const Fd written = create(path);
  write_all(written.get(), pointer);
  finish(written, path, file.entry.kind);
  mark(file);
  ++written_;
  file.lfs = as;
}

/// What the pointer stands for; the pointer stays where the store has not got it, or has another content.
void KeptTree::put_content(TreeRecord::File& file, const std::string& pointer, const fs::path& store) {
  const auto content = git_lfs::stored(store, pointer);
  file.lfs = Lfs::pointer;
  if (!content) return;
  const fs::path path = directory() / file.entry.path;
  std::error_code problem;
  fs::copy_file(*content, path, fs::copy_options::overwrite_existing, problem);
  if (problem)
    throw Error(fmt::format("cannot copy {} to {}", content->string(), path.string()), problem.message());
  if (sha256_hex_of_file(path) != git_lfs::sha256_of(pointer))
    return put_pointer(file, pointer, Lfs::pointer);
  fs::permissions(path, fs::perms(mode_of(file.entry.kind)));
  mark(file);
  ++written_;
  file.lfs = Lfs::filled;
}

/// Gives it this run's time, and notes how it lies there.
void KeptTree::mark(TreeRecord::File& file) const {
  const fs::path path = directory() / file.entry.path;
  set_time(path, record_.stamp);
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) throw system_error("cannot look at " + path.string(), errno);
  file.take_marks(status);
}

std::vector<std::string> prune_kept_trees(const fs::path& space) {
  using Age = std::pair<fs::file_time_type, fs::path>;
  constexpr std::size_t most = 40;
  std::vector<Age> trees;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(space / "trees", absent)) {
    const auto used = fs::last_write_time(entry.path() / "lock", absent);
    if (!absent) trees.emplace_back(used, entry.path());
  }
  std::ranges::sort(trees, std::greater{});
  const auto month_ago = fs::file_time_type::clock::now() - std::chrono::days(30);
  std::vector<std::string> problems;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    if (i < most && trees[i].first > month_ago) continue;
    const auto lock = FileLock::try_acquire(trees[i].second / "lock");
    if (!lock) continue;
    // Caught, because a deployment does not depend on it; whoever asked tells of it.
    try {
      remove_tree(trees[i].second);
    } catch (const Error& error) {
      problems.push_back(error.message_and_why());
    }
  }
  return problems;
}

}  // namespace belay
