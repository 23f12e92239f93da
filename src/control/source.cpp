#include "control/source.hpp"

#include <algorithm>
#include <future>
#include <vector>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "control/tree_space.hpp"
#include "drivers/git.hpp"
#include "drivers/git_lfs.hpp"
#include "drivers/git_shallow.hpp"
#include "drivers/rsync.hpp"
#include "model/layout.hpp"

namespace belay {

namespace {

bool is_in_git(fs::path directory) {
  for (; directory.has_relative_path(); directory = directory.parent_path())
    if (fs::exists(directory / ".git")) return true;
  return false;
}

/// Stands for the commit of a tree that is in no repository: the same files, the same name.
std::string content_id(const fs::path& tree) {
  std::vector<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(tree))
    if (entry.is_regular_file())
      lines.push_back(sha256_hex_of_file(entry.path()) + " " +
                      entry.path().lexically_relative(tree).string());
  std::ranges::sort(lines);
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return sha256_hex(all).substr(0, 40);
}

void tell_about_changes(const Source& source, bool changed, bool ship_changes, Watcher& watcher) {
  if (ship_changes)
    watcher.notice(changed ? "--dirty: the working tree is shipped, with changes that are not committed"
                           : "--dirty: the working tree is shipped; the source has no uncommitted changes");
  else if (changed)
    watcher.notice(
        fmt::format("uncommitted changes in {} are not deployed: commit {} is (--dirty ships them)",
                    source.directory.string(), source.commit.abbreviated()));
}

}  // namespace

Source find_source(const fs::path& config_file, const fs::path& source_path, const std::string& ref,
                   bool dirty, Watcher& watcher, std::stop_token stop) {
  if (dirty && ref != "HEAD")
    throw Error("--dirty and --ref exclude each other", "--dirty ships the working tree, --ref a commit",
                "leave out one", ExitCode::bad_input);
  Source source;
  const fs::path home = fs::weakly_canonical(fs::absolute(config_file).parent_path());
  source.directory = fs::weakly_canonical(home / source_path);
  if (!is_in_git(home)) {
    if (!dirty)
      throw Error(home.string() + " is in no git repository", "belay ships what is committed",
                  "commit it (git init, git add, git commit), or ship the files as they are with --dirty",
                  ExitCode::bad_input);
    source.commit = {.id = {}, .subject = "files that are in no git repository", .branch = {}, .dirty = true};
    watcher.notice("--dirty: " + source.directory.string() +
                   " is shipped as it is; it is in no git repository");
    return source;
  }
  source.repository = fs::weakly_canonical(git::top_level(home, stop));
  source.inside = source.directory.lexically_relative(*source.repository);
  if (source.inside.empty() || *source.inside.begin() == "..")
    throw Error(source.directory.string() + " lies outside of the repository " + source.repository->string(),
                {}, "let source: in belay.yml name a directory of the repository", ExitCode::bad_input);
  auto changed =
      std::async(std::launch::async, [&] { return git::is_dirty(*source.repository, source.inside, stop); });
  source.commit = git::resolve(*source.repository, ref, stop);
  source.commit.dirty = dirty;
  tell_about_changes(source, changed.get(), dirty, watcher);
  return source;
}

namespace {

[[noreturn]] void throw_no_directory(const Source& source) {
  throw Error(fmt::format("{} has no directory {}",
                          source.commit.dirty ? "the working tree" : "commit " + source.commit.abbreviated(),
                          source.inside.string()),
              {}, "let source: in belay.yml name a directory that is committed", ExitCode::bad_input);
}

/// Of the repository's working tree, below `inside`: files that git-lfs has left as pointers. `copy` has the
/// same files.
std::vector<std::string> pointers_in(const Source& source, const fs::path& copy, const std::stop_token& stop,
                                     Deadline deadline) {
  const fs::path inside = source.inside.lexically_normal();
  std::vector<std::string> alike, pointers;
  for (const auto& entry : fs::recursive_directory_iterator(copy / inside))
    if (entry.is_regular_file() && !entry.is_symlink() && entry.file_size() <= git_lfs::longest_pointer &&
        git_lfs::is_pointer(read_file(entry.path())))
      alike.push_back(entry.path().lexically_relative(copy).string());
  for (const std::string& path :
       git::with_attribute_now(*source.repository, "filter", "lfs", alike, stop, deadline))
    pointers.push_back(fs::path(path).lexically_relative(inside).string());
  return pointers;
}

std::vector<std::string> pointers_of(const KeptTree& tree) {
  std::vector<std::string> pointers;
  for (const auto& file : tree.files())
    if (file.lfs == TreeRecord::File::Lfs::pointer) pointers.push_back(file.entry.path);
  return pointers;
}

Checkout copy_working_tree(const Source& source, const fs::path& aside, std::stop_token stop,
                           Deadline deadline) {
  make_directories(aside, 0755);
  Checkout checkout{.source = aside, .commit = source.commit, .working_copy = aside};
  if (!source.repository) {
    rsync::transfer(
        {.from = source.directory, .to = aside.string(), .exclude = {".git", state_directory_pattern}}, {},
        std::move(stop), deadline);
    checkout.commit.id = content_id(aside);
    return checkout;
  }
  const auto absent = git::export_working_tree(*source.repository, *source.repository, aside, stop, deadline);
  checkout.source = (aside / source.inside).lexically_normal();
  for (const std::string& path : absent)
    if (const fs::path below = fs::path(path).lexically_relative(source.inside.lexically_normal());
        *below.begin() != "..")
      checkout.absent.push_back({below.string(), "it is not initialised"});
  if (!fs::is_directory(checkout.source)) throw_no_directory(source);
  checkout.pointers = pointers_in(source, aside, stop, deadline);
  return checkout;
}

/// The tree kept for one directory of a repository, and for one use of it.
std::shared_ptr<KeptTree> kept_tree(const Source& source, const fs::path& inside, const std::string& use,
                                    std::stop_token stop, Deadline deadline) {
  const KeptTree::Wanted wanted{.repository = *source.repository,
                                .commit = source.commit.id,
                                .tree = git::tree_of(*source.repository, source.commit.id, inside, stop),
                                .inside = inside};
  if (wanted.tree.empty()) throw_no_directory(source);
  const std::string whose = source.repository->string() + "\n" + inside.string();
  auto kept =
      std::make_shared<KeptTree>(KeptTree::take(tree_space(), use + "-" + sha256_hex(whose).substr(0, 16)));
  kept->bring_to(wanted, std::move(stop), deadline);
  return kept;
}

/// Changes with the names of the files and with the patterns, not with the contents.
std::string names_and_patterns(const std::vector<std::string>& names,
                               const std::vector<std::string>& patterns) {
  std::string all;
  for (const std::string& name : names) all += name + '\0';
  for (const std::string& pattern : patterns) all += '\0' + pattern;
  return sha256_hex(all);
}

std::vector<std::string> shown(const std::vector<rsync::Hidden>& hidden) {
  std::vector<std::string> lines;
  for (const auto& [path, pattern] : hidden)
    lines.push_back(fmt::format("{} (excluded by {})", path, pattern));
  return lines;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace

std::filesystem::path Checkout::times_memory() const {
  return kept ? kept->memory("times") : fs::path();
}

Checkout check_out(const Source& source, const std::filesystem::path& aside, std::stop_token stop,
                   Deadline deadline) {
  if (!source.repository || source.commit.dirty)
    return copy_working_tree(source, aside, std::move(stop), deadline);
  auto kept = kept_tree(source, source.inside.lexically_normal(), "source", std::move(stop), deadline);
  return {.source = kept->directory(),
          .commit = source.commit,
          .kept = kept,
          .absent = kept->absent(),
          .pointers = pointers_of(*kept)};
}

Checkout check_out_for_commands(const Source& source, const Checkout& shipped, const std::string& use,
                                const std::filesystem::path& aside, std::stop_token stop, Deadline deadline) {
  if (!shipped.working_copy.empty()) {
    std::error_code problem;
    fs::copy(shipped.working_copy, aside, fs::copy_options::recursive | fs::copy_options::copy_symlinks,
             problem);
    if (problem) throw Error("cannot copy the checkout to " + aside.string(), problem.message());
    return {.source = (aside / shipped.source.lexically_relative(shipped.working_copy)).lexically_normal(),
            .commit = shipped.commit,
            .working_copy = aside};
  }
  auto kept = kept_tree(source, ".", use, std::move(stop), deadline);
  return {.source = (kept->directory() / source.inside).lexically_normal(),
          .commit = source.commit,
          .kept = kept};
}

void lay_repository(const Source& source, const Checkout& for_gate, std::stop_token stop, Deadline deadline) {
  if (!source.repository)
    throw Error("test_git: true in belay.yml needs a git repository",
                source.directory.string() + " is in none", "take it out, or commit the files",
                ExitCode::bad_input);
  git::lay_shallow_repository(*source.repository, source.commit,
                              for_gate.kept ? for_gate.kept->directory() : for_gate.working_copy,
                              std::move(stop), deadline);
}

std::vector<std::string> hidden_files(const Source& source, const Checkout& checkout,
                                      const std::vector<std::string>& exclude, std::stop_token stop) {
  if (!source.repository || exclude.empty()) return {};
  if (!checkout.kept)
    return shown(rsync::hidden_by(
        exclude, checkout.source,
        git::tracked_files(*source.repository, source.commit.id, source.inside, stop), stop));
  std::vector<std::string> names;
  for (const auto& file : checkout.kept->files())
    if (file.entry.kind != git::Entry::Kind::submodule) names.push_back(file.entry.path);
  // rsync walks the whole tree for its answer, which holds as long as no file comes or goes.
  const fs::path memory = checkout.kept->memory("hidden");
  const std::string asked = names_and_patterns(names, exclude);
  std::vector<std::string> known = lines_of(read_file_if_exists(memory).value_or(""));
  if (!known.empty() && known.front() == asked) return {known.begin() + 1, known.end()};
  const auto hidden = shown(rsync::hidden_by(exclude, checkout.source, names, std::move(stop)));
  std::string text = asked + '\0';
  for (const std::string& line : hidden) text += line + '\0';
  write_file_atomically(memory, text);
  return hidden;
}

}  // namespace belay
