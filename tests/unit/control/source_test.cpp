#include "control/source.hpp"

#include <cstdlib>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "recording_watcher.hpp"
#include "repository.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

/// Checkouts are kept in a directory of the test's own.
struct Cache {
  Scratch directory{};
  WithVariable variable{"XDG_CACHE_HOME", directory.path().string()};
};

Deadline soon() {
  return Deadline::in(std::chrono::minutes(1));
}

}  // namespace

TEST_CASE("what is committed is what is checked out: nothing of the working tree") {
  const Cache cache;
  const AppRepository app;
  app.write("app/index.js", "changed\n");
  app.write("app/new.js", "not committed\n");
  app.write("app/node_modules/x/index.js", "ignored\n");
  RecordingWatcher watcher;
  const Source source = find_source(app.config().file, app.config().source, "HEAD", false, watcher, {});
  CHECK(watcher.first("notice uncommitted changes").find("are not deployed") != std::string::npos);
  const Checkout checkout = check_out(source, "", {}, soon());
  CHECK(files_in(checkout.source) == std::vector<std::string>{".gitignore", "compose.yml", "index.js"});
  CHECK(read_file(checkout.source / "index.js") == "console.log(1)\n");
  CHECK(!checkout.commit.dirty);
  CHECK(checkout.commit.subject == "first");
  CHECK(checkout.source.string().starts_with(cache.directory.path().string()));
}

TEST_CASE("an older ref is checked out as it was") {
  const Cache cache;
  const AppRepository app;
  app.git({"tag", "v1"});
  app.write("app/second.js", "2\n");
  app.commit("second");
  RecordingWatcher watcher;
  const Checkout checkout = check_out(
      find_source(app.config().file, app.config().source, "v1", false, watcher, {}), "", {}, soon());
  CHECK(!fs::exists(checkout.source / "second.js"));
  CHECK(watcher.count("notice") == 0);
}

TEST_CASE("--dirty takes the working tree, without what git ignores, and says so") {
  const AppRepository app;
  app.write("app/index.js", "changed\n");
  app.write("app/new.js", "new\n");
  app.write("app/dist/out.js", "built\n");
  RecordingWatcher watcher;
  const Source source = find_source(app.config().file, app.config().source, "HEAD", true, watcher, {});
  CHECK(watcher.first("notice --dirty").find("not committed") != std::string::npos);
  const Scratch scratch;
  const Checkout checkout = check_out(source, scratch / "out", {}, soon());
  CHECK(files_in(checkout.source) ==
        std::vector<std::string>{".gitignore", "compose.yml", "index.js", "new.js"});
  CHECK(read_file(checkout.source / "index.js") == "changed\n");
  CHECK(checkout.commit.dirty);
}

TEST_CASE("a source outside of git is refused, and shipped with --dirty under a name made from its content") {
  const Scratch scratch;
  scratch.write("belay.yml", "app: shop\n");
  scratch.write("app/index.js", "1\n");
  scratch.write("app/.belay/secrets", "KEY=1\n");
  Config config;
  config.file = scratch / "belay.yml";
  config.app = "shop";
  config.source = "app";
  RecordingWatcher watcher;
  try {
    find_source(config.file, config.source, "HEAD", false, watcher, {});
    FAIL("it was accepted");
  } catch (const Error& error) {
    CHECK(error.exit_code() == ExitCode::bad_input);
    CHECK(error.next().find("--dirty") != std::string::npos);
  }
  const Source source = find_source(config.file, config.source, "HEAD", true, watcher, {});
  const Checkout first = check_out(source, scratch / "one", {}, soon());
  const Checkout again = check_out(source, scratch / "two", {}, soon());
  scratch.write("app/index.js", "2\n");
  const Checkout changed = check_out(source, scratch / "three", {}, soon());
  CHECK(files_in(first.source) == std::vector<std::string>{"index.js"});
  CHECK(first.commit.id.size() == 40);
  CHECK(first.commit.id == again.commit.id);
  CHECK(first.commit.id != changed.commit.id);
  CHECK(first.commit.dirty);
}

TEST_CASE("a wrong ref, a missing source and --dirty with --ref are bad input") {
  const Cache cache;
  const AppRepository app;
  RecordingWatcher watcher;
  const auto code = [&](const Config& config, const std::string& ref, bool dirty) {
    try {
      const Scratch scratch;
      check_out(find_source(config.file, config.source, ref, dirty, watcher, {}), scratch / "out", {},
                soon());
    } catch (const Error& error) {
      return error.exit_code();
    }
    return ExitCode::deployed;
  };
  Config nowhere = app.config();
  nowhere.source = "backend";
  Config outside = app.config();
  outside.source = "../elsewhere";
  CHECK(code(app.config(), "no-such-branch", false) == ExitCode::bad_input);
  CHECK(code(app.config(), "main", true) == ExitCode::bad_input);
  CHECK(code(nowhere, "HEAD", false) == ExitCode::bad_input);
  CHECK(code(outside, "HEAD", false) == ExitCode::bad_input);
  CHECK(code(app.config(), "main", false) == ExitCode::deployed);
}

TEST_CASE("the gate's tree is the whole repository; what tests do in it is never shipped, nor seen again") {
  const Cache cache;
  const AppRepository app;
  fs::create_symlink("index.js", app.path() / "app/link.js");
  app.write("app/run.sh", "#!/bin/sh\n");
  fs::permissions(app.path() / "app/run.sh", fs::perms::owner_all);
  app.commit("second");
  RecordingWatcher watcher;
  const Source source = find_source(app.config().file, app.config().source, "HEAD", false, watcher, {});
  const Checkout shipped = check_out(source, "", {}, soon());
  const auto before = files_in(shipped.source);
  {
    const Checkout gate = check_out_for_commands(source, shipped, "gate", "", {}, soon());
    CHECK(files_in(gate.source) == before);
    CHECK(read_file(gate.source / "../README") == "the shop\n");
    CHECK(fs::is_symlink(gate.source / "link.js"));
    write_file_atomically(gate.source / "index.js", "spoilt");
    fs::create_directories(gate.source / "node_modules/x");
    write_file_atomically(gate.source / "node_modules/x/y", "made by a test");
    fs::permissions(gate.source / "node_modules/x", fs::perms(0500));
    fs::permissions(gate.source / "node_modules", fs::perms(0500));
  }
  CHECK(files_in(shipped.source) == before);
  CHECK(read_file(shipped.source / "index.js") == "console.log(1)\n");
  const Checkout gate = check_out_for_commands(source, shipped, "gate", "", {}, soon());
  CHECK(files_in(gate.source) == before);
  CHECK(read_file(gate.source / "index.js") == "console.log(1)\n");
}

TEST_CASE("the gate's copy of a working tree can be changed without touching what is shipped") {
  const AppRepository app;
  app.write("app/new.js", "new\n");
  RecordingWatcher watcher;
  const Scratch scratch;
  const Source source = find_source(app.config().file, app.config().source, "HEAD", true, watcher, {});
  const Checkout shipped = check_out(source, scratch / "out", {}, soon());
  const Checkout gate = check_out_for_commands(source, shipped, "gate", scratch / "gate", {}, soon());
  CHECK(files_in(gate.source) == files_in(shipped.source));
  write_file_atomically(gate.source / "new.js", "spoilt");
  CHECK(read_file(shipped.source / "new.js") == "new\n");
}

TEST_CASE("the excludes are asked of rsync once for the same files and patterns") {
  const Cache cache;
  const AppRepository app;
  app.write("app/src/uploads/store.js", "1\n");
  app.commit("uploads");
  RecordingWatcher watcher;
  const auto hidden = [&](const std::vector<std::string>& exclude) {
    const Source source = find_source(app.config().file, app.config().source, "HEAD", false, watcher, {});
    return hidden_files(source, check_out(source, "", {}, soon()), exclude, {});
  };
  const std::vector<std::string> found{"src/uploads/store.js (excluded by uploads)"};
  CHECK(hidden({"uploads"}) == found);
  app.write("app/src/uploads/store.js", "2\n");
  app.commit("contents only");
  const Scratch programs;
  fs::permissions(programs.write("rsync", "#!/bin/sh\nexit 99\n"), fs::perms(0755));
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", (programs.path().string() + ":" + path).c_str(), 1);
  CHECK(hidden({"uploads"}) == found);
  CHECK_THROWS_AS(hidden({"/uploads"}), Error);
  ::setenv("PATH", path.c_str(), 1);
  CHECK(hidden({"/uploads"}).empty());
  app.write("app/uploads/x", "1\n");
  app.commit("one more");
  CHECK(hidden({"/uploads"}) == std::vector<std::string>{"uploads/x (excluded by /uploads)"});
}
