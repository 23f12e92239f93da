#include "drivers/git.hpp"

#include <cerrno>
#include <cstdlib>
#include <sstream>

#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/background.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/nearest.hpp"
#include "base/process.hpp"
#include "drivers/program.hpp"

namespace belay::git {
namespace {

constexpr std::chrono::seconds usual_limit{60};

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
  const std::vector<std::string> names =
      split(output(command(repository, {"for-each-ref", "--format=%(refname:short)", "refs/heads",
                                        "refs/tags", "refs/remotes"}),
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
    return trimmed(capture(command(repository, {"symbolic-ref", "--quiet", "--short", "HEAD"}),
                           std::move(stop), Deadline::in(usual_limit))
                       .out);
  const bool is_branch =
      capture(command(repository, {"show-ref", "--verify", "--quiet", "refs/heads/" + ref}), std::move(stop),
              Deadline::in(usual_limit))
          .ok();
  return is_branch ? ref : "";
}

/// By name where it has one: a container often knows the number only. `id` is asked, since a static program
/// cannot look names up itself where they come from a directory service.
std::string user_name(uid_t id) {
  const Captured named = capture({.argv = {"id", "-nu", std::to_string(id)}}, {}, Deadline::in(usual_limit));
  return named.ok() ? trimmed(named.out) : fmt::format("the user with number {}", id);
}

std::string owner_of(const fs::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? user_name(status.st_uid) : "another user";
}

/// All that a command prints, however long: capture() keeps 16 MiB.
std::string long_output(Command command, const std::string& what_failed, std::stop_token stop,
                        Deadline deadline) {
  const Fd memory(::memfd_create("belay-git", MFD_CLOEXEC));
  if (!memory) throw system_error("cannot keep what git prints", errno);
  command.stdout_to = memory.get();
  output(command, what_failed, std::move(stop), deadline);
  return read_file(fmt::format("/proc/self/fd/{}", memory.get()));
}

Entry::Kind kind_of(std::string_view mode) {
  if (mode == "100755") return Entry::Kind::program;
  if (mode == "120000") return Entry::Kind::link;
  if (mode == "160000") return Entry::Kind::submodule;
  return Entry::Kind::file;
}

/// As git reads it in a list: a colon would part it.
std::string quoted_place(const fs::path& place) {
  std::string text = "\"";
  for (const char c : place.string()) text += (c == '"' || c == '\\' ? "\\" : "") + std::string(1, c);
  return text + "\"";
}

/// Empty unless git has refused to read a repository of another user's. `refused` is what git printed in
/// English; it names the command that allows it, with the directory as git wants it.
std::optional<Error> refused_owner(const fs::path& directory, const std::string& refused) {
  if (!refused.contains("dubious ownership")) return {};
  constexpr std::string_view allow = "git config --global --add safe.directory ";
  const auto at = refused.find(allow);
  const std::string place =
      at == std::string::npos ? directory.string()
                              : refused.substr(at + allow.size(), refused.find('\n', at) - at - allow.size());
  const fs::path named = place.starts_with('\'') ? directory : fs::path(place);
  return Error(
      "git refuses to read the repository " + named.string(),
      fmt::format("it belongs to {}, and belay runs as {}", owner_of(named), user_name(::geteuid())),
      fmt::format("if you trust what is in it:  {}{}\nor run belay as {}", allow, place, owner_of(named)),
      ExitCode::bad_input);
}

/// What check-attr prints: path, attribute, value, each with a NUL behind it.
std::vector<std::string> paths_with(const std::string& value, const std::string& printed) {
  std::vector<std::string> found;
  const std::vector<std::string> words = split(printed, '\0');
  for (std::size_t i = 0; i + 2 < words.size(); i += 3)
    if (words[i + 2] == value) found.push_back(words[i]);
  return found;
}

/// "100644 blob <id>\t<path>"
std::optional<Entry> entry_in(std::string_view line) {
  const auto tab = line.find('\t'), first = line.find(' '), second = line.find(' ', first + 1);
  if (tab == std::string_view::npos || second == std::string_view::npos || second > tab) return {};
  return Entry{.kind = kind_of(line.substr(0, first)),
               .id = std::string(line.substr(second + 1, tab - second - 1)),
               .path = std::string(line.substr(tab + 1))};
}

}  // namespace

Command command(const fs::path& directory, std::vector<std::string> arguments) {
  Command made{.argv = {"git", "-C", directory.string(), "--no-optional-locks", "--no-replace-objects"}};
  made.argv.insert(made.argv.end(), arguments.begin(), arguments.end());
  made.unset = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"};
  return made;
}

Command command(const Objects& objects, std::vector<std::string> arguments) {
  constexpr const char* variable = "GIT_ALTERNATE_OBJECT_DIRECTORIES";
  Command made = command(objects.repository, std::move(arguments));
  if (objects.further.empty()) return made;
  std::string places;
  for (const fs::path& place : objects.further) places += (places.empty() ? "" : ":") + quoted_place(place);
  if (const char* const given = std::getenv(variable); given != nullptr && *given != 0)
    places += std::string(":") + given;
  made.set[variable] = places;
  return made;
}

fs::path top_level(const fs::path& directory, std::stop_token stop) {
  const std::string what_failed = "no git repository around " + directory.string();
  if (!program_exists("git"))
    throw Error(what_failed, "there is no program `git` on the PATH", "install git", ExitCode::bad_input);
  Command asked = command(directory, {"rev-parse", "--show-toplevel"});
  asked.set["LC_ALL"] = "C";  // what it refuses is told apart by its words
  const Captured captured = capture(asked, std::move(stop), Deadline::in(usual_limit));
  if (const auto refused = refused_owner(directory, captured.err); refused && !captured.ok()) throw *refused;
  if (!captured.ok() || trimmed(captured.out).empty())
    throw Error(what_failed, trimmed(captured.err),
                "belay ships what is committed: run it inside a repository", ExitCode::bad_input);
  return trimmed(captured.out);
}

Commit resolve(const fs::path& repository, const std::string& ref, std::stop_token stop) {
  if (ref.empty() || ref.starts_with('-')) throw unknown_reference(repository, ref, stop);
  const Captured found = capture(command(repository, {"rev-parse", "--quiet", "--verify", ref + "^{commit}"}),
                                 stop, Deadline::in(usual_limit));
  if (!found.ok()) throw unknown_reference(repository, ref, stop);
  Commit commit;
  commit.id = trimmed(found.out);
  Beside version([&] {
    return trimmed(output(command(repository, {"describe", "--tags", "--always", commit.id}),
                          "describing commit " + commit.id + " failed", stop));
  });
  commit.subject = trimmed(output(command(repository, {"show", "--no-patch", "--format=%s", commit.id}),
                                  "reading commit " + commit.id + " failed", stop));
  commit.branch = branch_of(repository, ref, stop);
  commit.version = version.get();
  return commit;
}

bool is_dirty(const fs::path& repository, const fs::path& path, std::stop_token stop) {
  return !output(command(repository, {"status", "--porcelain", "-z", "--untracked-files=all", "--",
                                      pathspec(inside(repository, path))}),
                 "asking git for changes failed", std::move(stop))
              .empty();
}

std::string tree_of(const fs::path& repository, const std::string& commit, const fs::path& path,
                    std::stop_token stop) {
  const auto id_of = [&](const std::string& name) {
    const Captured found = capture(command(repository, {"rev-parse", "--quiet", "--verify", name}), stop,
                                   Deadline::in(usual_limit));
    if (found.outcome.end != Outcome::End::exited)
      require_success(found, fmt::format("looking for {} in {} failed", path.string(), commit.substr(0, 12)));
    return found.ok() ? trimmed(found.out) : "";
  };
  const std::string folder = inside(repository, path);
  const std::string found = id_of(folder.empty() ? commit : commit + ":" + folder);
  return found.empty() ? "" : id_of(found + "^{tree}");  // a file has none
}

std::vector<Entry> entries(const Objects& objects, const std::string& tree, std::stop_token stop,
                           Deadline deadline) {
  const std::string text =
      long_output(command(objects, {"ls-tree", "-r", "-z", "--full-tree", tree}),
                  fmt::format("listing tree {} failed", tree.substr(0, 12)), std::move(stop), deadline);
  std::vector<Entry> found;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    if (auto entry = entry_in(std::string_view(text).substr(at, end - at)))
      found.push_back(std::move(*entry));
    at = end + 1;
  }
  return found;
}

std::vector<std::string> with_attribute(const Objects& objects, const std::string& commit,
                                        const std::string& name, const std::string& value,
                                        const std::vector<std::string>& paths, const fs::path& scratch,
                                        std::stop_token stop, Deadline deadline) {
  const std::string what_failed = "reading .gitattributes at " + commit.substr(0, 12) + " failed";
  // Through an index of its own: `check-attr --source` is newer than the git of Debian 12.
  const auto with_index = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-c", "core.attributesFile=/dev/null"});
    Command made = command(objects, std::move(arguments));
    std::erase(made.unset, "GIT_INDEX_FILE");
    made.set["GIT_ATTR_NOSYSTEM"] = "1";
    made.set["GIT_INDEX_FILE"] = fs::absolute(scratch).string();
    return made;
  };
  output(with_index({"read-tree", commit}), what_failed, stop, deadline);
  Command ask = with_index({"check-attr", "--cached", "-z", "--stdin", name});
  for (const std::string& path : paths) ask.input += path + '\0';
  const std::string text = long_output(ask, what_failed, stop, deadline);
  remove_tree(scratch);
  return paths_with(value, text);
}

std::vector<std::string> with_attribute_now(const fs::path& work_tree, const std::string& name,
                                            const std::string& value, const std::vector<std::string>& paths,
                                            std::stop_token stop, Deadline deadline) {
  if (paths.empty()) return {};
  Command ask = command(work_tree, {"check-attr", "-z", "--stdin", name});
  for (const std::string& path : paths) ask.input += path + '\0';
  return paths_with(value, long_output(ask, "reading .gitattributes failed", std::move(stop), deadline));
}

std::vector<std::string> tracked_files(const fs::path& repository, const std::string& commit,
                                       const fs::path& path, std::stop_token stop) {
  const std::string tree = tree_of(repository, commit, path, stop);
  if (tree.empty())
    throw Error(fmt::format("listing {} at {} failed", path.string(), commit.substr(0, 12)),
                "the commit has no such directory");
  std::vector<std::string> files;
  for (Entry& entry : entries({repository}, tree, std::move(stop), Deadline::in(usual_limit)))
    if (entry.kind != Entry::Kind::submodule) files.push_back(std::move(entry.path));
  return files;
}

std::string known_blobs(const fs::path& repository, const std::string& ids, std::stop_token stop) {
  Command asked = command(repository, {"cat-file", "--batch-check=%(objectname) %(objecttype)"});
  asked.input = ids;
  const std::string answer = output(asked, "looking for files in the repository failed", std::move(stop),
                                    Deadline::in(std::chrono::seconds(60)));
  std::string known;
  for (const std::string& line : split(answer, '\n'))
    if (line.ends_with(" blob")) known += line.substr(0, line.find(' ')) + "\n";
  return known;
}

bool has_commit(const fs::path& repository, const std::string& id, std::stop_token stop) {
  return capture(command(repository, {"cat-file", "-e", id + "^{commit}"}), std::move(stop),
                 Deadline::in(usual_limit))
      .ok();
}

std::vector<std::string> changed_files(const fs::path& repository, const std::string& from,
                                       const std::string& to, std::stop_token stop) {
  return split(
      long_output(command(repository, {"diff-tree", "-r", "-z", "--name-only", "--no-renames", from, to}),
                  fmt::format("comparing {} with {} failed", from.substr(0, 12), to.substr(0, 12)),
                  std::move(stop), Deadline::in(usual_limit)),
      '\0');
}

namespace {

/// One file or symlink, with the mode that a commit would give it.
void copy_with_plain_mode(const fs::path& from, const fs::path& to, const std::string& what_failed) {
  std::error_code failed;
  fs::create_directories(to.parent_path(), failed);
  if (!failed)
    fs::copy(from, to, fs::copy_options::copy_symlinks | fs::copy_options::overwrite_existing, failed);
  const fs::file_status status = fs::symlink_status(from);
  if (!failed && fs::is_regular_file(status)) {
    const bool runs = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    fs::permissions(to, fs::perms(runs ? 0755 : 0644), failed);
  }
  if (failed) throw Error(what_failed, from.string() + ": " + failed.message());
}

/// Whatever the umask.
void set_directory_modes(const fs::path& directory) {
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.is_directory() && !entry.is_symlink()) fs::permissions(entry, fs::perms(0755));
  fs::permissions(directory, fs::perms(0755));
}

}  // namespace

std::vector<std::string> export_working_tree(const fs::path& repository, const fs::path& path,
                                             const fs::path& directory, std::stop_token stop,
                                             Deadline deadline) {
  const std::string what_failed = "copying the working tree under " + path.string() + " failed";
  const std::string folder = inside(repository, path);
  const std::string text =
      long_output(command(repository, {"ls-files", "-z", "--cached", "--others", "--exclude-standard",
                                       "--deduplicate", "--", pathspec(folder)}),
                  what_failed, stop, deadline);
  std::vector<std::string> absent;
  make_directories(directory, 0755);
  for (const std::string& name : split(text, '\0')) {
    if (stop.stop_requested() || deadline.expired())
      throw Error(what_failed, stop.stop_requested() ? "cancelled" : "it took too long");
    const fs::path from = repository / name;
    const fs::path to =
        directory / (folder.empty() ? fs::path(name) : fs::path(name).lexically_relative(folder));
    const fs::file_status status = fs::symlink_status(from);
    // Deleted but still tracked, or another repository inside this one, which git names with a slash.
    if (!fs::exists(status) || name.ends_with('/')) continue;
    if (!fs::is_directory(status)) {
      copy_with_plain_mode(from, to, what_failed);
    } else if (fs::exists(from / ".git")) {
      for (const std::string& further : export_working_tree(from, from, to, stop, deadline))
        absent.push_back(fmt::format("{}/{}", name, further));
    } else {
      absent.push_back(name);
    }
  }
  set_directory_modes(directory);
  return absent;
}

}  // namespace belay::git
