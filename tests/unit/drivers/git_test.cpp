#include "drivers/git.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "scratch.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

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

TEST_CASE("an export holds exactly what is committed") {
  const Repository repository;
  const std::string commit = git::resolve(repository.path, "HEAD", {}).id;
  repository.write("README", "edited since");
  repository.write("app/untracked", "x");
  const fs::path out = repository.scratch / "out";
  const WithVariable hook("GIT_DIR", "/nonexistent");  // as inside a hook
  git::export_commit(repository.path, commit, out, {}, Deadline::in(std::chrono::minutes(1)));
  CHECK(tree(out) == std::vector<std::string>{".gitattributes", ".gitignore", "README", "app/link",
                                              "app/notes.txt", "app/run.sh", "app/src/index.ts",
                                              "app/üml äut.txt"});
  CHECK(read_file(out / "README") == "hello\n");
  CHECK((fs::status(out / "app/run.sh").permissions() & fs::perms::owner_exec) != fs::perms::none);
  CHECK(fs::read_symlink(out / "app/link") == "src/index.ts");
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
  fs::remove(repository.path / "app/notes.txt");
  const fs::path out = repository.scratch / "out";
  git::export_working_tree(repository.path, "app", out, {}, Deadline::in(std::chrono::minutes(1)));
  CHECK(tree(out) == std::vector<std::string>{"link", "new.ts", "run.sh", "src/index.ts", "üml äut.txt"});
  CHECK(read_file(out / "src/index.ts") == "edited");
  CHECK(fs::is_symlink(out / "link"));
  CHECK((fs::status(out / "run.sh").permissions() & fs::perms::owner_exec) != fs::perms::none);
}
