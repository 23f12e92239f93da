#include "control/missing_contents.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "recording_watcher.hpp"
#include "repository.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

Deadline soon() {
  return Deadline::in(std::chrono::minutes(1));
}

/// Without what this machine's user has set for git, and with submodules from directories.
struct Settings {
  Scratch directory{};
  WithVariable global{"GIT_CONFIG_GLOBAL",
                      directory.write("gitconfig", "[protocol \"file\"]\nallow = always\n").string()};
  WithVariable cache{"XDG_CACHE_HOME", (directory / "cache").string()};
};

/// What a deployment of `app`'s folder app/ would ship.
Checkout checked_out(const fs::path& repository, const std::string& ref = "HEAD", bool dirty = false,
                     const fs::path& aside = {}) {
  RecordingWatcher watcher;
  return check_out(find_source(repository / "belay.yml", "app", ref, dirty, watcher, {}), aside, {}, soon());
}

/// All findings in one text; empty: nothing is missing.
std::string missing(const Checkout& checkout, const std::vector<std::string>& exclude = {}) {
  std::string all;
  for (const Finding& finding : missing_contents(checkout, exclude, {})) {
    CHECK(finding.weight == Finding::Weight::problem);
    all += finding.text + "\n" + finding.remedy + "\n";
  }
  return all;
}

/// app/vendor/outer is a submodule in which inner/ is one.
struct WithSubmodules {
  Settings settings{};
  AppRepository innermost{}, outer{}, app{};

  WithSubmodules() {
    innermost.write("run.sh", "#!/bin/sh\n");
    fs::permissions(innermost.path() / "run.sh", fs::perms(0755));
    innermost.commit("program");
    outer.git({"submodule", "--quiet", "add", innermost.path().string(), "inner"});
    outer.write(".gitattributes", "* text eol=crlf\n");
    outer.commit("inner");
    app.git({"submodule", "--quiet", "add", outer.path().string(), "app/vendor/outer: a"});
    app.git({"submodule", "--quiet", "update", "--init", "--recursive"});
    app.commit("outer");
  }
  fs::path cloned(const std::string& name) const {
    sh({"git", "clone", "--quiet", app.path().string(), (settings.directory / name).string()});
    return settings.directory / name;
  }
};

void check_submodules_are_there(const fs::path& source) {
  const fs::path outer = source / "vendor/outer: a";
  CHECK(read_file(outer / "README") == "the shop\n");
  CHECK(read_file(outer / ".gitattributes") == "* text eol=crlf\n");
  CHECK(read_file(outer / "inner/run.sh") == "#!/bin/sh\n");
  CHECK(fs::status(outer / "inner/run.sh").permissions() == fs::perms(0755));
  CHECK(!fs::exists(outer / ".git"));
  CHECK(!fs::exists(outer / "inner/.git"));
}

}  // namespace

TEST_CASE("submodules are shipped at their recorded commits, and those in them too") {
  const WithSubmodules world;
  const fs::path outer = world.app.path() / "app/vendor/outer: a";
  // Neither what lies in their working trees nor a later commit there is shipped.
  write_file_atomically(outer / "README", "edited\n");
  write_file_atomically(outer / "inner/run.sh", "edited\n");
  {
    const Checkout checkout = checked_out(world.app.path());
    check_submodules_are_there(checkout.source);
    CHECK(missing(checkout).empty());
    CHECK(checkout.kept->written() == files_in(checkout.source).size());
  }
  CHECK(checked_out(world.app.path()).kept->written() == 0);
}

TEST_CASE("submodules are found wherever git keeps them") {
  const WithSubmodules world;
  SUBCASE("in a commit that is not checked out, of a path that is gone since") {
    world.app.git({"tag", "before"});
    world.app.git({"rm", "--quiet", "-r", "app/vendor"});
    world.app.commit("without");
    fs::remove_all(world.app.path() / "app/vendor");
    check_submodules_are_there(checked_out(world.app.path(), "before").source);
  }
  SUBCASE("for a further working tree, whose submodules are not checked out") {
    const fs::path further = world.settings.directory / "further";
    world.app.git({"worktree", "add", "--quiet", "--detach", further.string()});
    check_submodules_are_there(checked_out(further).source);
  }
  SUBCASE("in a clone that was made with them") {
    const fs::path clone = world.settings.directory / "whole";
    sh({"git", "clone", "--quiet", "--recurse-submodules", world.app.path().string(), clone.string()});
    check_submodules_are_there(checked_out(clone).source);
  }
  SUBCASE("with a .git of their own in the working tree, as old versions of git made them") {
    const fs::path outer = world.app.path() / "app/vendor/outer: a";
    fs::remove(outer / ".git");
    fs::rename(world.app.path() / ".git/modules/app/vendor/outer: a", outer / ".git");
    write_file_atomically(outer / "inner/.git", "gitdir: ../.git/modules/inner\n");
    for (const char* const config : {".git/config", ".git/modules/inner/config"})
      sh({"git", "config", "--file", (outer / config).string(), "--unset", "core.worktree"});
    check_submodules_are_there(checked_out(world.app.path()).source);
  }
}

TEST_CASE("submodules that are not here are named with what to do, and shipped once they have come") {
  const WithSubmodules world;
  const fs::path clone = world.cloned("bare");
  {
    const Checkout checkout = checked_out(clone);
    CHECK(fs::is_empty(checkout.source / "vendor/outer: a"));
    const std::string said = missing(checkout);
    CHECK(said.contains("vendor/outer: a: it is not initialised"));
    CHECK(said.contains("git submodule update --init --recursive"));
    try {
      require_contents(checkout, {}, {});
      FAIL("it would be shipped");
    } catch (const Error& error) {
      CHECK(error.exit_code() == ExitCode::bad_input);
      CHECK(error.why().contains("vendor/outer: a"));
    }
  }
  sh({"git", "-C", clone.string(), "submodule", "--quiet", "update", "--init"});
  {
    const Checkout checkout = checked_out(clone);
    CHECK(missing(checkout).contains("vendor/outer: a/inner: it is not initialised"));
    CHECK(!missing(checkout).contains("vendor/outer: a: "));
  }
  sh({"git", "-C", clone.string(), "submodule", "--quiet", "update", "--init", "--recursive"});
  const Checkout checkout = checked_out(clone);
  CHECK(missing(checkout).empty());
  check_submodules_are_there(checkout.source);
}

TEST_CASE("a submodule whose recorded commit is not here is named with that commit") {
  const WithSubmodules world;
  const std::string absent(40, '7');
  world.app.git({"update-index", "--cacheinfo", "160000," + absent + ",app/vendor/outer: a"});
  world.app.git({"commit", "--quiet", "--message", "a commit that nobody has"});
  CHECK(missing(checked_out(world.app.path())).contains("vendor/outer: a: its commit 777777777777 is not"));
}

TEST_CASE("what is not shipped need not be here") {
  const WithSubmodules world;
  const fs::path clone = world.cloned("bare");
  const std::vector<std::string> hiding[]{
      {"/vendor/outer: a"}, {"vendor"}, {"/vendor/outer: a/"}, {"/vendor/outer: a/**"}, {"outer*"}};
  for (const auto& exclude : hiding) {
    CAPTURE(exclude.front());
    CHECK(missing(checked_out(clone), exclude).empty());
  }
  for (const std::vector<std::string>& exclude :
       {std::vector<std::string>{"/outer: a"}, {"*.md"}, {"/ven"}}) {
    CAPTURE(exclude.front());
    CHECK(!missing(checked_out(clone), exclude).empty());
  }
  // Beside the source: the gate's checkout has it, nothing is shipped from there.
  const AppRepository elsewhere;
  elsewhere.git({"update-index", "--add", "--cacheinfo", "160000," + std::string(40, '7') + ",beside"});
  elsewhere.git({"commit", "--quiet", "--message", "a submodule beside the source"});
  CHECK(missing(checked_out(elsewhere.path())).empty());
}

TEST_CASE("--dirty ships the submodules' working trees, and names those that are not there") {
  const WithSubmodules world;
  world.app.write("app/vendor/outer: a/README", "edited\n");
  const Scratch aside;
  const Checkout checkout = checked_out(world.app.path(), "HEAD", true, aside / "out");
  CHECK(read_file(checkout.source / "vendor/outer: a/README") == "edited\n");
  CHECK(read_file(checkout.source / "vendor/outer: a/inner/run.sh") == "#!/bin/sh\n");
  CHECK(missing(checkout).empty());
  const fs::path clone = world.cloned("bare");
  CHECK(missing(checked_out(clone, "HEAD", true, aside / "other")).contains("vendor/outer: a: it is not"));
}

namespace {

std::string pointer_to(const std::string& content) {
  return "version https://git-lfs.github.com/spec/v1\noid sha256:" + sha256_hex(content) + "\nsize " +
         std::to_string(content.size()) + "\n";
}

void put_into_store(const fs::path& objects, const std::string& named_by, const std::string& content) {
  const std::string id = sha256_hex(named_by);
  const fs::path file = objects / id.substr(0, 2) / id.substr(2, 2) / id;
  fs::create_directories(file.parent_path());
  write_file_atomically(file, content);
}

/// app/model.bin and app/run.bin (a program) belong to git-lfs; app/notes.txt only looks like it.
struct WithLfs {
  Settings settings{};
  AppRepository app{};
  std::string content = std::string(5000, 'm') + "\r\n";

  WithLfs() {
    app.write("app/model.bin", pointer_to(content));
    app.write("app/run.bin", pointer_to("echo\n"));
    fs::permissions(app.path() / "app/run.bin", fs::perms(0755));
    app.write("app/notes.txt", pointer_to(content));
    app.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    app.commit("large files");
    put_into_store(store(), "echo\n", "echo\n");
  }
  fs::path store() const { return app.path() / ".git/lfs/objects"; }
};

}  // namespace

TEST_CASE("files of git-lfs are shipped with their contents from the store on this machine") {
  const WithLfs world;
  put_into_store(world.store(), world.content, world.content);
  {
    const Checkout checkout = checked_out(world.app.path());
    CHECK(missing(checkout).empty());
    const bool is_filled = read_file(checkout.source / "model.bin") == world.content;
    CHECK(is_filled);
    CHECK(read_file(checkout.source / "run.bin") == "echo\n");
    CHECK(read_file(checkout.source / "notes.txt") == pointer_to(world.content));
    CHECK(fs::status(checkout.source / "model.bin").permissions() == fs::perms(0644));
    CHECK(fs::status(checkout.source / "run.bin").permissions() == fs::perms(0755));
  }
  CHECK(checked_out(world.app.path()).kept->written() == 0);
  world.app.git({"rm", "--quiet", ".gitattributes"});
  world.app.commit("git-lfs is left");
  const bool is_pointer_again =
      read_file(checked_out(world.app.path()).source / "model.bin") == pointer_to(world.content);
  CHECK(is_pointer_again);
}

TEST_CASE("the store is where lfs.storage says") {
  const WithLfs world;
  const Scratch elsewhere;
  for (const std::string& place : {std::string("elsewhere"), elsewhere.path().string()}) {
    CAPTURE(place);
    world.app.git({"config", "lfs.storage", place});
    const fs::path objects = world.app.path() / ".git" / place / "objects";
    put_into_store(objects, "echo\n", "echo\n");
    CHECK(missing(checked_out(world.app.path())).contains("model.bin"));
    put_into_store(objects, world.content, world.content);
    CHECK(missing(checked_out(world.app.path())).empty());
    fs::remove_all(world.settings.directory / "cache");
  }
}

TEST_CASE("a file of git-lfs whose content is not here, or is another one, is named with what to do") {
  const WithLfs world;
  const std::string right = world.content;
  std::string other = right;
  other.front() = 'n';
  const std::pair<const char*, std::optional<std::string>> stored[]{
      {"absent", std::nullopt}, {"empty", ""}, {"half", right.substr(0, 100)}, {"as long", other}};
  for (const auto& [name, content] : stored) {
    CAPTURE(name);
    if (content) put_into_store(world.store(), right, *content);
    const Checkout checkout = checked_out(world.app.path());
    const std::string said = missing(checkout);
    CHECK(said.contains("a file is a pointer of git-lfs here"));
    CHECK(said.contains("\nmodel.bin\n"));
    CHECK(!said.contains("run.bin"));
    CHECK(!said.contains("notes.txt"));
    CHECK(said.contains("git lfs pull"));
    CHECK(read_file(checkout.source / "model.bin") == pointer_to(right));
    CHECK(missing(checkout, {"*.bin"}).empty());
  }
  put_into_store(world.store(), right, right);
  CHECK(missing(checked_out(world.app.path())).empty());
}

TEST_CASE("--dirty ships no pointer of git-lfs either") {
  const WithLfs world;
  const Scratch aside;
  CHECK(
      missing(checked_out(world.app.path(), "HEAD", true, aside / "pointers")).contains("2 files are each"));
  world.app.write("app/model.bin", world.content);
  world.app.write("app/run.bin", "echo\n");
  CHECK(missing(checked_out(world.app.path(), "HEAD", true, aside / "contents")).empty());
}

TEST_CASE("of many files of git-lfs the first are named, and all are counted") {
  const WithLfs world;
  for (int i = 10; i < 40; ++i)
    world.app.write("app/many/" + std::to_string(i) + ".bin", pointer_to(std::to_string(i)));
  world.app.commit("many");
  const std::string said = missing(checked_out(world.app.path()));
  CHECK(said.contains("31 files are each a pointer of git-lfs"));
  CHECK(said.contains("many/10.bin"));
  CHECK(said.contains("and 21 more"));
}

TEST_CASE("a submodule has attributes and a store of its own") {
  const Settings settings;
  const AppRepository inner, app;
  inner.write("model.bin", pointer_to("inner\n"));
  inner.write(".gitattributes", "*.bin filter=lfs\n");
  inner.commit("large");
  app.git({"submodule", "--quiet", "add", inner.path().string(), "app/inner"});
  app.write("app/other.bin", pointer_to("inner\n"));
  app.commit("inner");
  CHECK(missing(checked_out(app.path())).contains("\ninner/model.bin\n"));
  put_into_store(app.path() / ".git/modules/app/inner/lfs/objects", "inner\n", "inner\n");
  const Checkout checkout = checked_out(app.path());
  CHECK(missing(checkout).empty());
  CHECK(read_file(checkout.source / "inner/model.bin") == "inner\n");
  CHECK(read_file(checkout.source / "other.bin") == pointer_to("inner\n"));
}
