#include "control/local_build.hpp"

#include <algorithm>
#include <vector>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/link_tree.hpp"
#include "control/commands_here.hpp"
#include "drivers/rsync.hpp"
#include "model/layout.hpp"

namespace belay {

namespace {

using Change = rsync::Change;

void run_commands(const EnvironmentConfig& environment, const Checkout& built_in, const Lifeline& life,
                  Watcher& watcher, const std::stop_token& stop) {
  const auto& lines = environment.build.local->run;
  CommandsHere commands(
      environment, built_in.commit, {built_in.source, logs_of_commands_here("build")}, life,
      environment.build.timeout,
      {"build failed", "build.local was not finished", "building here; nothing was deployed"},
      {.began = [&](int, const std::string& command) { watcher.local_build_said("$ " + command); },
       .said = [&](int, const std::string& line) { watcher.local_build_said(line); },
       .ended = [](int, const std::string&, bool, std::chrono::milliseconds, const std::string&) {}});
  commands.run(lines, stop);
}

/// What the commands have added or changed, as rsync would send it.
std::vector<Change> changes_made(const EnvironmentConfig& environment, const Checkout& shipped,
                                 const Checkout& built_in, const std::stop_token& stop, Deadline deadline) {
  rsync::Request request{.from = built_in.source,
                         .to = shipped.source.string(),
                         .exclude = environment.sync.exclude,
                         .make_room = true};
  request.exclude.push_back("/.git");  // of `test_git`
  request.exclude.push_back(state_directory_pattern);
  try {
    auto changes =
        rsync::preview(request, rsync::Modes::count, stop, deadline).value_or(std::vector<Change>{});
    std::erase_if(changes, [](const Change& change) { return change.kind == Change::Kind::removed; });
    return changes;
  } catch (const Error& error) {
    throw Error("the files that were built here cannot be read", error.why(),
                "let the commands make files that the user who deploys can read");
  }
}

bool is_within(const std::string& path, const std::string& directory) {
  return directory == "." || path == directory || path == directory + "/" ||
         path.starts_with(directory + "/");
}

/// Only what `ship` names, all of which has to be there.
std::vector<Change> limited(std::vector<Change> changes, const std::vector<std::string>& ship,
                            const fs::path& built) {
  if (ship.empty()) return changes;
  for (const std::string& path : ship)
    if (!fs::exists(fs::symlink_status(built / path)))
      throw Error(fmt::format("build.local did not make {}", path), "`ship` in belay.yml names it",
                  "correct `ship`, or the commands; nothing was deployed");
  std::erase_if(changes, [&](const Change& change) {
    return std::ranges::none_of(ship, [&](const std::string& path) { return is_within(change.path, path); });
  });
  return changes;
}

/// A copy of the release's files whose unchanged ones are second names of the same files: nothing may be
/// written into one of them.
fs::path copy_of(const Checkout& shipped, const Lifeline& life) {
  const fs::path copy = life.directory() / "built";
  link_tree(shipped.source, copy);
  return copy;
}

/// What the commands have made a directory of is one here, too.
void make_room(const fs::path& root, const fs::path& parent) {
  fs::path path = root;
  for (const auto& step : parent) {
    path /= step;
    if (is_real_directory(path)) continue;
    remove_tree(path);
    fs::create_directory(path);
  }
}

void put(const fs::path& built, const fs::path& root, const std::string& path) {
  if (path.ends_with('/')) return make_room(root, fs::path(path).parent_path());
  make_room(root, fs::path(path).parent_path());
  const fs::path from = built / path, to = root / path;
  remove_tree(to);  // never written into: it may be a second name of a committed file
  std::error_code problem;
  if (fs::is_symlink(from))
    fs::copy_symlink(from, to, problem);
  else
    fs::copy_file(from, to, problem);
  if (problem)
    throw Error("the files that were built here cannot be read: " + from.string(), problem.message(),
                "let the commands make files that the user who deploys can read");
}

void name(std::vector<std::string>& names, const std::string& path) {
  if (names.size() < BuiltHere::most_named) names.push_back(path);
}

/// A new directory is named once; rsync lists it before what is in it.
BuiltHere account_of(const std::vector<Change>& changes, const fs::path& source) {
  BuiltHere account;
  std::string new_directory;
  for (const Change& change : changes) {
    const bool directory = change.path.ends_with('/');
    const auto status = fs::symlink_status(source / change.path);
    if (!directory) ++account.files;
    if (fs::is_regular_file(status)) account.bytes += fs::file_size(source / change.path);
    if (change.kind != Change::Kind::added) {
      if (!directory) name(account.changed, change.path);
    } else if (new_directory.empty() || !change.path.starts_with(new_directory)) {
      if (directory) new_directory = change.path;
      name(account.added, change.path);
    }
  }
  return account;
}

}  // namespace

LocallyBuilt build_locally(const EnvironmentConfig& environment, const Checkout& shipped,
                           const Checkout& built_in, const Lifeline& life, Watcher& watcher,
                           std::stop_token stop) {
  const auto& local = *environment.build.local;
  const auto begin = SteadyClock::now();
  const auto deadline = Deadline::in(environment.build.timeout);
  watcher.local_build_began(count_of(local.run));
  run_commands(environment, built_in, life, watcher, stop);
  const auto changes =
      limited(changes_made(environment, shipped, built_in, stop, deadline), local.ship, built_in.source);
  LocallyBuilt made{.source = copy_of(shipped, life), .what = {}};
  for (const Change& change : changes) put(built_in.source, made.source, change.path);
  made.what = account_of(changes, made.source);
  watcher.local_build_ended(made.what, since(begin));
  return made;
}

}  // namespace belay
