#include "control/local_build.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "recording_watcher.hpp"
#include "repository.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

namespace {

/// A real repository: app/ has compose.yml, index.js and a .gitignore with dist.
struct World {
  AppRepository app{};
  Scratch scratch{};
  WithVariable cache{"XDG_CACHE_HOME", scratch / "cache"};
  RecordingWatcher watcher{};
  Lifeline life{scratch.path(), "belay-test-"};
  EnvironmentConfig environment{app.config().environments.front()};
  std::optional<Checkout> shipped{};

  LocallyBuilt build(const std::vector<std::string>& commands, std::vector<std::string> ship = {},
                     bool dirty = false, std::stop_token stop = {}) {
    environment.build.local = LocalBuild{{}, std::move(ship)};
    for (const auto& command : commands) environment.build.local->run.push_back({{command}});
    const Source source = find_source(app.config().file, app.config().source, "HEAD", dirty, watcher, {});
    remove_tree(life.directory() / "built");
    remove_tree(life.directory() / "source");
    remove_tree(life.directory() / "build");
    shipped.emplace(check_out(source, life.directory() / "source", {}, Deadline::in(1min)));
    const Checkout built_in =
        check_out_for_commands(source, *shipped, "build", life.directory() / "build", {}, Deadline::in(1min));
    if (environment.test_git) lay_repository(source, built_in, {}, Deadline::in(1min));
    return build_locally(environment, *shipped, built_in, life, watcher, std::move(stop));
  }
  Error failure(const std::vector<std::string>& commands, std::vector<std::string> ship = {},
                std::stop_token stop = {}) {
    try {
      build(commands, std::move(ship), false, std::move(stop));
    } catch (const Error& error) {
      return error;
    }
    FAIL("the build was taken");
    return Error("");
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what the commands add or change is in the release beside what is committed, ignored files too") {
  World world;
  const auto made = world.build({"mkdir -p dist/deep && echo built > dist/deep/app.js && echo x > dist/x",
                                 "echo 'version 7' > index.js", "rm compose.yml"});
  CHECK(read_file(made.source / "dist/deep/app.js") == "built\n");
  CHECK(read_file(made.source / "index.js") == "version 7\n");
  CHECK(fs::exists(made.source / "compose.yml"));  // removed there, and shipped as committed
  CHECK(made.what.added == Names{"dist/"});
  CHECK(made.what.changed == Names{"index.js"});
  CHECK(made.what.files == 3);
  CHECK(made.what.bytes == 6 + 2 + 10);
  CHECK(made.what.has("dist/deep/app.js"));
  CHECK(made.what.has("index.js"));
  CHECK_FALSE(made.what.has("compose.yml"));
  CHECK(world.watcher.count("local_build_began 3") == 1);
  CHECK(world.watcher.count("local_build_said $ rm compose.yml") == 1);
  CHECK(world.watcher.count("local_build_ended 3") == 1);
}

TEST_CASE("neither the kept tree nor the repository gets anything of it, and the next build begins clean") {
  World world;
  const auto first = world.build({"echo built > dist.js; echo changed >> index.js; chmod 755 compose.yml"});
  CHECK(read_file(first.source / "index.js") == "console.log(1)\nchanged\n");
  CHECK(read_file(world.shipped->source / "index.js") == "console.log(1)\n");
  CHECK_FALSE(fs::exists(world.shipped->source / "dist.js"));
  CHECK(::access((world.shipped->source / "compose.yml").c_str(), X_OK) != 0);
  CHECK(::access((first.source / "compose.yml").c_str(), X_OK) == 0);
  CHECK(first.what.changed == Names{"compose.yml", "index.js"});
  CHECK(world.app.git({"status", "--porcelain"}).empty());
  const auto second = world.build({"test ! -e dist.js"});
  CHECK(second.what.files == 0);
  CHECK(files_in(second.source) == files_in(world.shipped->source));
}

TEST_CASE(
    "what is shipped of it: links, modes, odd names, a directory in the place of a file and the reverse") {
  World world;
  world.app.write("app/place/file", "committed\n");
  world.app.write("app/other", "committed\n");
  world.app.commit("more");
  const auto made = world.build(
      {"ln -s nowhere dangling; ln -s index.js link; printf '#!/bin/sh\\n' > run; chmod 755 run; chmod 444 "
       "index.js",
       "printf x > 'a\nb'; printf x > äöü; printf x > \"$(printf 'bytes\\377')\"; printf x > ' spaces '; "
       "printf x > -rf",
       "rm -r place; echo file > place; rm other; mkdir other; echo in > other/file; mkfifo pipe"});
  CHECK(fs::read_symlink(made.source / "dangling") == "nowhere");
  CHECK(fs::read_symlink(made.source / "link") == "index.js");
  CHECK(::access((made.source / "run").c_str(), X_OK) == 0);
  for (const auto* name : {"a\nb", "äöü", "bytes\377", " spaces ", "-rf"}) {
    CAPTURE(name);
    CHECK(read_file(made.source / name) == "x");
  }
  CHECK(read_file(made.source / "place") == "file\n");
  CHECK(read_file(made.source / "other/file") == "in\n");
  CHECK_FALSE(fs::exists(fs::symlink_status(made.source / "pipe")));  // no file that could be shipped
}

TEST_CASE("sync.exclude and ship say what of it goes") {
  World world;
  world.environment.sync.exclude = {"node_modules"};
  const std::string all =
      "mkdir -p node_modules/x public/build dist; for f in node_modules/x/y public/build/a public/b dist/c; "
      "do echo 1 > $f; done";
  CHECK(world.build({all}).what.added == Names{"dist/", "public/"});
  const auto some = world.build({all}, {"public/build", "dist/c"});
  CHECK(some.what.files == 2);
  CHECK(some.what.added == Names{"dist/c", "public/build/"});
  CHECK_FALSE(fs::exists(some.source / "public/b"));
  CHECK_FALSE(fs::exists(some.source / "node_modules"));
  CHECK(world.build({all}, {"."}).what.files == 3);
  const Error error = world.failure({all}, {"dist", "out"});
  CHECK(error.message() == "build.local did not make out");
  CHECK(error.exit_code() == ExitCode::failed);
}

TEST_CASE("a command that fails ends it with its own last words; the next one does not run") {
  World world;
  const Error error =
      world.failure({"echo compiling; echo 'no such module' >&2; exit 7", "touch ../../second"});
  CHECK(error.message() == "build failed: echo compiling; echo 'no such module' >&2; exit 7");
  CHECK(error.why().contains("exit code 7"));
  CHECK(error.why().contains("no such module"));
  CHECK(error.next().contains("/belay/build/"));
  CHECK(error.exit_code() == ExitCode::failed);
  CHECK(world.watcher.count("local_build_said $ touch") == 0);
  CHECK(world.watcher.count("local_build_ended") == 0);
}

TEST_CASE("the commands have the gate's environment, and a repository with test_git, which is not shipped") {
  World world;
  world.environment.test_git = true;
  world.app.write("belay-at-top", "");
  const auto made = world.build(
      {"echo $CI $BELAY_BRANCH $BELAY_ENVIRONMENT $BELAY_COMMIT > said; git rev-parse HEAD > head"});
  const std::string head = world.app.git({"rev-parse", "HEAD"});
  CHECK(read_file(made.source / "said") == "true main production " + head);
  CHECK(read_file(made.source / "head") == head);
  CHECK(made.what.added == Names{"head", "said"});
}

TEST_CASE("with --dirty the build sees the working tree, and what git ignores there stays there") {
  World world;
  world.app.write("app/index.js", "dirty\n");
  world.app.write("app/dist/old.js", "of the working tree\n");
  const auto made = world.build({"mkdir -p dist; cp index.js dist/app.js"}, {}, true);
  CHECK(read_file(made.source / "dist/app.js") == "dirty\n");
  CHECK_FALSE(fs::exists(made.source / "dist/old.js"));
  CHECK(fs::exists(world.app.path() / "app/dist/old.js"));
}

TEST_CASE("a stop ends the running command") {
  World world;
  std::stop_source source;
  world.watcher.on_line = [&](const std::string& line) {
    if (line == "local_build_said running") source.request_stop();
  };
  CHECK(world.failure({"echo running; sleep 1000"}, {}, source.get_token()).why().contains("cancelled"));
}

TEST_CASE("of very many files only so many are named, and all are counted") {
  World world;
  const auto made = world.build({"for i in $(seq 1 300); do echo $i > made$i; done; seq 1 200000"});
  CHECK(made.what.files == 300);
  CHECK(made.what.added.size() == BuiltHere::most_named);
}
