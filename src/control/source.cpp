#include "control/source.hpp"

#include <algorithm>
#include <vector>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "drivers/git.hpp"
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

void tell_about_changes(const Source& source, bool ship_changes, Watcher& watcher, std::stop_token stop) {
  const bool changed = git::is_dirty(*source.repository, source.inside, std::move(stop));
  if (ship_changes)
    watcher.notice(changed ? "--dirty: the working tree is shipped, with changes that are not committed"
                           : "--dirty: the working tree is shipped; under the source it holds no changes");
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
  source.commit = git::resolve(*source.repository, ref, stop);
  source.commit.dirty = dirty;
  tell_about_changes(source, dirty, watcher, stop);
  return source;
}

Checkout check_out(const Source& source, const std::filesystem::path& root, std::stop_token stop,
                   Deadline deadline) {
  make_directories(root, 0755);
  Checkout checkout{.root = root, .source = root, .commit = source.commit};
  if (!source.repository) {
    rsync::transfer(
        {.from = source.directory, .to = root.string(), .exclude = {".git", state_directory_pattern}}, {},
        std::move(stop), deadline);
    checkout.commit.id = content_id(root);
    return checkout;
  }
  if (source.commit.dirty)
    git::export_working_tree(*source.repository, *source.repository, root, std::move(stop), deadline);
  else
    git::export_commit(*source.repository, source.commit.id, root, std::move(stop), deadline);
  checkout.source = (root / source.inside).lexically_normal();
  if (!fs::is_directory(checkout.source))
    throw Error(
        fmt::format("{} has no directory {}",
                    source.commit.dirty ? "the working tree" : "commit " + source.commit.abbreviated(),
                    source.inside.string()),
        {}, "let source: in belay.yml name a directory that is committed", ExitCode::bad_input);
  return checkout;
}

Checkout copy_of(const Checkout& checkout, const std::filesystem::path& root) {
  std::error_code problem;
  fs::copy(checkout.root, root, fs::copy_options::recursive | fs::copy_options::copy_symlinks, problem);
  if (problem) throw Error("cannot copy the checkout to " + root.string(), problem.message());
  return {.root = root,
          .source = (root / checkout.source.lexically_relative(checkout.root)).lexically_normal(),
          .commit = checkout.commit};
}

}  // namespace belay
