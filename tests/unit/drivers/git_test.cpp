#include "drivers/git.hpp"

#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "drivers/git_blobs.hpp"
#include "drivers/git_shallow.hpp"
#include "scratch.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

Deadline soon() {
  return Deadline::in(std::chrono::minutes(1));
}

struct Repository {
  Scratch scratch{};
  fs::path path = scratch / "repo with space";

  Repository() {
    fs::create_directories(path);
    git({"init", "--quiet", "--initial-branch=main"});
    write("README", "hello\n");
    write("app/src/index.ts", "1\n");
    write("app/run.sh", "#!/bin/sh\n");
    write("app/üml äut.txt", "names\n");
    write("app/notes.txt", "kept out of archives\n");
    write(".gitattributes", "app/notes.txt export-ignore\n");
    write(".gitignore", "ignored/\n");
    fs::permissions(path / "app/run.sh", fs::perms::owner_exec, fs::perm_options::add);
    fs::create_symlink("src/index.ts", path / "app/link");
    commit("the first, with \"quotes\"");
  }
  void write(const std::string& name, const std::string& content) const {
    scratch.write("repo with space/" + name, content);
  }
  std::string git(std::vector<std::string> arguments) const {
    std::vector<std::string> argv{"git",
                                  "-C",
                                  path.string(),
                                  "-c",
                                  "user.name=Test",
                                  "-c",
                                  "user.email=test@example.org",
                                  "-c",
                                  "commit.gpgsign=false"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return sh(argv);
  }
  std::string commit(const std::string& subject) const {
    git({"add", "--all"});
    git({"commit", "--quiet", "--message", subject});
    std::string id = git({"rev-parse", "HEAD"});
    id.pop_back();
    return id;
  }
};

std::vector<std::string> tree(const fs::path& directory) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory))
    if (!entry.is_directory() || entry.is_symlink())
      names.push_back(entry.path().lexically_relative(directory).string());
  std::ranges::sort(names);
  return names;
}

std::string refusal(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.message() + "|" + error.next();
  }
  return "";
}

}  // namespace

TEST_CASE("the repository around a directory is found, and where there is none it says so") {
  const Repository repository;
  CHECK(git::top_level(repository.path / "app/src", {}) == fs::canonical(repository.path));
  CHECK(refusal([&] {
          git::top_level(repository.scratch.path(), {});
        }).starts_with("no git repository around "));
}

TEST_CASE("a reference becomes a commit with its subject and branch") {
  const Repository repository;
  const std::string first = git::resolve(repository.path, "HEAD", {}).id;
  repository.git({"branch", "release/1.x"});
  repository.git({"tag", "v1"});
  repository.write("README", "changed\n");
  const std::string second = repository.commit("the second");

  const Commit head = git::resolve(repository.path, "HEAD", {});
  CHECK(head.id == second);
  CHECK(head.subject == "the second");
  CHECK(head.branch == "main");
  const Commit branch = git::resolve(repository.path, "release/1.x", {});
  CHECK(branch.id == first);
  CHECK(branch.subject == "the first, with \"quotes\"");
  CHECK(branch.branch == "release/1.x");
  CHECK(git::resolve(repository.path, "v1", {}).branch == "");
  CHECK(git::resolve(repository.path, first.substr(0, 8), {}).id == first);
  repository.git({"checkout", "--quiet", "--detach"});
  CHECK(git::resolve(repository.path, "HEAD", {}).branch == "");
}

TEST_CASE("an unknown reference is refused with the branch that was probably meant") {
  const Repository repository;
  repository.git({"branch", "develop"});
  CHECK(refusal([&] { git::resolve(repository.path, "devlop", {}); }).ends_with("|did you mean develop?"));
  CHECK(!refusal([&] { git::resolve(repository.path, "--all", {}); }).empty());
  CHECK(!refusal([&] { git::resolve(repository.path, "", {}); }).empty());
}

TEST_CASE("dirty is what differs under the path, untracked files too") {
  const Repository repository;
  CHECK(!git::is_dirty(repository.path, ".", {}));
  repository.write("ignored/x", "x");
  CHECK(!git::is_dirty(repository.path, "", {}));
  repository.write("app/new.ts", "new");
  CHECK(git::is_dirty(repository.path, "app", {}));
  CHECK(git::is_dirty(repository.path, repository.path / "app", {}));
  CHECK(git::is_dirty(repository.path, ".", {}));
  CHECK(!git::is_dirty(repository.path, "app/src", {}));
  repository.commit("more");
  CHECK(!git::is_dirty(repository.path, ".", {}));
  repository.write("README", "edited");
  CHECK(git::is_dirty(repository.path, ".", {}));
  CHECK(!git::is_dirty(repository.path, "app", {}));
  CHECK_THROWS_AS(git::is_dirty(repository.path, "../elsewhere", {}), Error);
}

TEST_CASE("the entries of a directory at a commit: kind, content and name of each") {
  const Repository repository;
  const std::string commit = git::resolve(repository.path, "HEAD", {}).id;
  repository.write("README", "edited since");
  repository.write("app/untracked", "x");
  const WithVariable hook("GIT_DIR", "/nonexistent");  // as inside a hook
  const std::string app = git::tree_of(repository.path, commit, "app", {});
  std::map<std::string, git::Entry::Kind> kinds;
  std::vector<std::string> ids;
  for (const auto& entry : git::entries({repository.path}, app, {}, soon())) {
    kinds[entry.path] = entry.kind;
    ids.push_back(entry.id);
  }
  using Kind = git::Entry::Kind;
  CHECK(kinds == std::map<std::string, Kind>{{"link", Kind::link},
                                             {"notes.txt", Kind::file},
                                             {"run.sh", Kind::program},
                                             {"src/index.ts", Kind::file},
                                             {"üml äut.txt", Kind::file}});
  CHECK(git::entries({repository.path}, git::tree_of(repository.path, commit, ".", {}), {}, soon()).size() ==
        8);
  CHECK(git::tree_of(repository.path, commit, "no/such", {}).empty());
  CHECK(git::tree_of(repository.path, commit, "README", {}).empty());  // a file, no directory
}

TEST_CASE("blobs come in order and byte for byte, however many and however long") {
  const Repository repository;
  const std::string large = std::string(500'000, 'x') + "\r\nend", zeros("a\0b\n\0", 5);
  repository.write("many/large", large);
  repository.write("many/zeros", zeros);
  repository.write("many/empty", "");
  for (int i = 0; i < 1200; ++i) repository.write("many/" + std::to_string(i), std::to_string(i) + "\n");
  const std::string commit = repository.commit("many");
  std::vector<std::string> ids, names;
  for (const auto& entry :
       git::entries({repository.path}, git::tree_of(repository.path, commit, "many", {}), {}, soon())) {
    ids.push_back(entry.id);
    names.push_back(entry.path);
  }
  std::map<std::string, std::string> contents;
  git::Blobs({repository.path}, {}, soon()).read(ids, [&](std::size_t number, git::Blobs::Content& content) {
    if (names[number] == "7") return;  // left unread: passed over
    std::string& all = contents[names[number]];
    for (auto piece = content.next(); !piece.empty(); piece = content.next()) all += piece;
    CHECK(all.size() == content.size());
  });
  CHECK(contents.size() == 1202);
  CHECK(contents["large"] == large);
  CHECK(contents["zeros"] == zeros);
  CHECK(contents["empty"].empty());
  CHECK(contents["1199"] == "1199\n");
}

TEST_CASE("a blob that the repository lacks is an error that names it") {
  const Repository repository;
  const std::string absent(40, '7');
  try {
    git::Blobs({repository.path}, {}, soon()).read({absent}, [](std::size_t, git::Blobs::Content&) {});
    FAIL("it was found");
  } catch (const Error& error) {
    CHECK(error.why().contains(absent));
    CHECK(error.why().contains("missing"));
  }
}

TEST_CASE("attributes are those of the commit, not of the working tree") {
  const Repository repository;
  const std::string commit = git::resolve(repository.path, "HEAD", {}).id;
  repository.write(".gitattributes", "");
  const fs::path scratch = repository.scratch / "index";
  const auto with = [&](const std::string& name, const std::string& value) {
    return git::with_attribute({repository.path}, commit, name, value, {"README", "app/notes.txt"}, scratch,
                               {}, soon());
  };
  CHECK(with("export-ignore", "set") == std::vector<std::string>{"app/notes.txt"});
  CHECK(with("filter", "lfs").empty());
  CHECK(!fs::exists(scratch));
}

TEST_CASE("tracked files are named relative to the path") {
  const Repository repository;
  const std::string commit = git::resolve(repository.path, "HEAD", {}).id;
  repository.write("app/later.ts", "not in that commit");
  repository.git({"add", "--all"});
  std::vector<std::string> files = git::tracked_files(repository.path, commit, "app", {});
  std::ranges::sort(files);
  CHECK(files == std::vector<std::string>{"link", "notes.txt", "run.sh", "src/index.ts", "üml äut.txt"});
  CHECK(git::tracked_files(repository.path, commit, ".", {}).size() == 8);
  CHECK_THROWS_AS(git::tracked_files(repository.path, commit, "no/such", {}), Error);
}

TEST_CASE("the working tree is copied with what is new and without what is ignored or deleted") {
  const Repository repository;
  repository.write("app/new.ts", "new");
  repository.write("app/src/index.ts", "edited");
  repository.write("ignored/x", "x");
  fs::permissions(repository.path / "app/new.ts", fs::perms(0600));
  fs::remove(repository.path / "app/notes.txt");
  const fs::path out = repository.scratch / "out";
  git::export_working_tree(repository.path, "app", out, {}, Deadline::in(std::chrono::minutes(1)));
  CHECK(tree(out) == std::vector<std::string>{"link", "new.ts", "run.sh", "src/index.ts", "üml äut.txt"});
  CHECK(read_file(out / "src/index.ts") == "edited");
  CHECK(fs::is_symlink(out / "link"));
  CHECK(fs::status(out / "run.sh").permissions() == fs::perms(0755));
  CHECK(fs::status(out / "new.ts").permissions() == fs::perms(0644));
  CHECK(fs::status(out / "src").permissions() == fs::perms(0755));
}

TEST_CASE("a repository that git refuses for its owner is explained, with the command that allows it") {
  const Repository repository;
  const WithVariable nothing_allowed("GIT_CONFIG_GLOBAL", "/dev/null");
  const WithVariable german("LANGUAGE", "de");
  const WithVariable another_owner("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");  // a switch of git's own tests
  try {
    git::top_level(repository.path, {});
    FAIL("it was read");
  } catch (const Error& error) {
    CHECK(error.exit_code() == ExitCode::bad_input);
    CHECK(error.message().contains(repository.path.string()));
    const std::string user = sh({"id", "-nu"}).substr(0, sh({"id", "-nu"}).size() - 1);
    CHECK(error.why() == "it belongs to " + user + ", and belay runs as " + user);
    CHECK(error.next().contains("git config --global --add safe.directory '" + repository.path.string() +
                                "'\n"));
  }
}

TEST_CASE("a shallow repository has the commit as HEAD, on its branch, and nothing else") {
  const Repository repository;
  const std::string first = git::resolve(repository.path, "HEAD", {}).id;
  repository.write("README", "second\n");
  repository.commit("second");
  repository.git({"branch", "other"});
  repository.git({"tag", "v1"});
  Commit commit = git::resolve(repository.path, "HEAD", {});
  struct Case {
    std::string name, id, branch, changes;
  };
  for (const auto& [name, id, branch, changes] :
       {Case{"a branch's newest", commit.id, "feature/x", ""}, Case{"no branch", commit.id, "", ""},
        Case{"an older commit", first, "", " M README"}}) {
    CAPTURE(name);
    const Scratch scratch;
    fs::copy(repository.path / "app", scratch / "app",
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    for (const char* const file : {"README", ".gitattributes", ".gitignore"})
      fs::copy(repository.path / file, scratch / file);
    commit.id = id;
    commit.branch = branch;
    git::lay_shallow_repository(repository.path, commit, scratch.path(), {}, soon());
    const auto ask = [&](std::vector<std::string> arguments) {
      arguments.insert(arguments.begin(), {"git", "-C", scratch.path().string()});
      std::string said = sh(arguments);
      while (said.ends_with('\n')) said.pop_back();
      return said;
    };
    CHECK(ask({"rev-parse", "HEAD"}) == id);
    if (branch.empty()) {
      CHECK(ask({"rev-parse", "--abbrev-ref", "HEAD"}) == "HEAD");
    } else {
      CHECK(ask({"symbolic-ref", "--short", "HEAD"}) == branch);
    }
    CHECK(ask({"rev-list", "--count", "HEAD"}) == "1");
    CHECK(ask({"rev-parse", "--is-shallow-repository"}) == "true");
    CHECK(ask({"status", "--porcelain"}) == changes);
    CHECK(ask({"show", "HEAD:app/src/index.ts"}) == "1");
    CHECK(!fs::exists(scratch / ".git/objects/info/alternates"));
    CHECK(fs::is_directory(scratch / ".git"));
  }
}

TEST_CASE("the files that differ between two commits, under the names they have in either") {
  const Repository repository;
  repository.write("more", "x");
  const std::string one = repository.commit("again");
  repository.git({"mv", "README", "READ ME"});
  repository.write("app/üml äut.txt", "other\n");
  fs::remove(repository.path / "app/notes.txt");
  const std::string two = repository.commit("changes");
  auto changed = git::changed_files(repository.path, one, two, {});
  std::ranges::sort(changed);
  CHECK(changed == std::vector<std::string>{"READ ME", "README", "app/notes.txt", "app/üml äut.txt"});
  CHECK(git::changed_files(repository.path, two, two, {}).empty());
  CHECK(git::has_commit(repository.path, one, {}));
  CHECK_FALSE(git::has_commit(repository.path, std::string(40, '1'), {}));
}
