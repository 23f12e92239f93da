#include "drivers/git.hpp"

#include <sstream>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/nearest.hpp"
#include "base/process.hpp"
#include "drivers/program.hpp"

namespace belay::git {
namespace {

constexpr std::chrono::seconds usual_limit{60};

/// What git hooks and scripts set for their own repository must not redirect us.
Command git(const fs::path& directory, std::vector<std::string> arguments) {
  Command command{.argv = {"git", "-C", directory.string(), "--no-optional-locks"}};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.unset = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"};
  return command;
}

std::string output(const Command& command, const std::string& what_failed, std::stop_token stop,
                   Deadline deadline = Deadline::in(usual_limit), const std::string& next = {}) {
  const Captured captured = capture(command, std::move(stop), deadline);
  require_success(captured, what_failed, next);
  return captured.out;
}

std::string trimmed(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

/// `path` as git names it inside the repository: "" for the whole, "deploy-backend" for a folder.
std::string inside(const fs::path& repository, const fs::path& path) {
  fs::path relative = path;
  if (path.is_absolute())
    relative = fs::weakly_canonical(path).lexically_relative(fs::weakly_canonical(repository));
  relative = relative.lexically_normal();
  if (relative.empty() || relative == ".") return {};
  std::string text = relative.generic_string();
  if (text.ends_with('/')) text.pop_back();
  if (text == ".." || text.starts_with("../"))
    throw Error(path.string() + " lies outside of the repository", "the repository is " + repository.string(),
                "give a path inside of it", ExitCode::bad_input);
  return text;
}

std::string pathspec(const std::string& inside_repository) {
  return inside_repository.empty() ? "." : ":(top,literal)" + inside_repository;
}

Error unknown_reference(const fs::path& repository, const std::string& ref, std::stop_token stop) {
  const std::vector<std::string> names = split(
      output(git(repository,
                 {"for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes"}),
             "listing the branches failed", std::move(stop)),
      '\n');
  const std::optional<std::string> close = nearest(ref, names);
  return Error(fmt::format("there is no commit {} in {}", ref, repository.string()),
               "git knows no such branch, tag or commit",
               close ? "did you mean " + *close + "?" : "git branch --all shows the branches",
               ExitCode::bad_input);
}

/// The branch a reference stands for; empty for a tag, a bare commit or a detached HEAD.
std::string branch_of(const fs::path& repository, const std::string& ref, std::stop_token stop) {
  if (ref == "HEAD")
    return trimmed(capture(git(repository, {"symbolic-ref", "--quiet", "--short", "HEAD"}), std::move(stop),
                           Deadline::in(usual_limit))
                       .out);
  const bool is_branch = capture(git(repository, {"show-ref", "--verify", "--quiet", "refs/heads/" + ref}),
                                 std::move(stop), Deadline::in(usual_limit))
                             .ok();
  return is_branch ? ref : "";
}

}  // namespace

fs::path top_level(const fs::path& directory, std::stop_token stop) {
  const std::string what_failed = "no git repository around " + directory.string();
  if (!program_exists("git"))
    throw Error(what_failed, "there is no program `git` on the PATH", "install git", ExitCode::bad_input);
  const Captured captured =
      capture(git(directory, {"rev-parse", "--show-toplevel"}), std::move(stop), Deadline::in(usual_limit));
  if (!captured.ok() || trimmed(captured.out).empty())
    throw Error(what_failed, trimmed(captured.err),
                "belay ships what is committed: run it inside a repository", ExitCode::bad_input);
  return trimmed(captured.out);
}

Commit resolve(const fs::path& repository, const std::string& ref, std::stop_token stop) {
  if (ref.empty() || ref.starts_with('-')) throw unknown_reference(repository, ref, stop);
  const Captured found = capture(git(repository, {"rev-parse", "--quiet", "--verify", ref + "^{commit}"}),
                                 stop, Deadline::in(usual_limit));
  if (!found.ok()) throw unknown_reference(repository, ref, stop);
  Commit commit;
  commit.id = trimmed(found.out);
  commit.subject = trimmed(output(git(repository, {"show", "--no-patch", "--format=%s", commit.id}),
                                  "reading commit " + commit.id + " failed", stop));
  commit.branch = branch_of(repository, ref, stop);
  commit.version = trimmed(output(git(repository, {"describe", "--tags", "--always", commit.id}),
                                  "describing commit " + commit.id + " failed", stop));
  return commit;
}

bool is_dirty(const fs::path& repository, const fs::path& path, std::stop_token stop) {
  return !output(git(repository, {"status", "--porcelain", "-z", "--untracked-files=all", "--",
                                  pathspec(inside(repository, path))}),
                 "asking git for changes failed", std::move(stop))
              .empty();
}

void export_commit(const fs::path& repository, const std::string& commit, const fs::path& directory,
                   std::stop_token stop, Deadline deadline) {
  const std::string what_failed = fmt::format("checking out {} failed", commit.substr(0, 12));
  make_directories(directory, 0755);
  // Through an index of our own, not `git archive`, which leaves out what .gitattributes marks export-ignore:
  // tested and shipped is what is committed.
  const TemporaryDirectory scratch("belay-index");
  const auto with_index = [&](std::vector<std::string> arguments) {
    Command command = git(repository, std::move(arguments));
    std::erase(command.unset, "GIT_INDEX_FILE");
    command.set["GIT_INDEX_FILE"] = (scratch.path() / "index").string();
    return command;
  };
  output(with_index({"read-tree", commit}), what_failed, stop, deadline);
  output(with_index(
             {"checkout-index", "--all", "--force", "--prefix=" + fs::absolute(directory).string() + "/"}),
         what_failed, stop, deadline, "is there room on the disk of " + directory.string() + "?");
}

std::vector<std::string> tracked_files(const fs::path& repository, const std::string& commit,
                                       const fs::path& path, std::stop_token stop) {
  const std::string text =
      output(git(repository, {"ls-tree", "-r", "-z", commit + ":" + inside(repository, path)}),
             fmt::format("listing {} at {} failed", path.string(), commit.substr(0, 12)), std::move(stop));
  std::vector<std::string> files;
  for (const std::string& entry : split(text, '\0')) {  // "100644 blob <id>\t<path>"
    const auto tab = entry.find('\t');
    if (tab != std::string::npos && entry.contains(" blob ")) files.push_back(entry.substr(tab + 1));
  }
  return files;
}

std::string known_blobs(const fs::path& repository, const std::string& ids, std::stop_token stop) {
  Command asked = git(repository, {"cat-file", "--batch-check=%(objectname) %(objecttype)"});
  asked.input = ids;
  const std::string answer = output(asked, "looking for files in the repository failed", std::move(stop),
                                    Deadline::in(std::chrono::seconds(60)));
  std::string known;
  for (const std::string& line : split(answer, '\n'))
    if (line.ends_with(" blob")) known += line.substr(0, line.find(' ')) + "\n";
  return known;
}

void export_working_tree(const fs::path& repository, const fs::path& path, const fs::path& directory,
                         std::stop_token stop, Deadline deadline) {
  const std::string what_failed = "copying the working tree under " + path.string() + " failed";
  const std::string folder = inside(repository, path);
  const std::string text =
      output(git(repository, {"ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate",
                              "--", pathspec(folder)}),
             what_failed, stop, deadline);
  make_directories(directory, 0755);
  for (const std::string& name : split(text, '\0')) {
    if (stop.stop_requested() || deadline.expired())
      throw Error(what_failed, stop.stop_requested() ? "cancelled" : "it took too long");
    const fs::path from = repository / name;
    const fs::path to =
        directory / (folder.empty() ? fs::path(name) : fs::path(name).lexically_relative(folder));
    const fs::file_status status = fs::symlink_status(from);
    // Deleted but still tracked, or another repository inside this one.
    if (!fs::exists(status) || fs::is_directory(status)) continue;
    std::error_code failed;
    fs::create_directories(to.parent_path(), failed);
    if (!failed)
      fs::copy(from, to, fs::copy_options::copy_symlinks | fs::copy_options::overwrite_existing, failed);
    if (failed) throw Error(what_failed, name + ": " + failed.message());
  }
}

}  // namespace belay::git
