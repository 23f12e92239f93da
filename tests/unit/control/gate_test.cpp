#include "control/gate.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "control/source.hpp"
#include "recording_watcher.hpp"
#include "repository.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

namespace {

/// The gate on a checkout of a real repository.
struct World {
  AppRepository app{};
  Scratch scratch{};
  WithVariable cache{"XDG_CACHE_HOME", scratch / "cache"};
  RecordingWatcher watcher{};
  Lifeline life{"belay-test-"};
  EnvironmentConfig environment{app.config().environments.front()};
  fs::path logs = scratch / "logs";

  GateResult run(std::vector<TestStep> steps, std::stop_token stop = {}) {
    environment.test = std::move(steps);
    const Source source = find_source(app.config().file, app.config().source, "HEAD", false, watcher, {});
    const Checkout shipped = check_out(source, "", {}, Deadline::in(1min));
    const Checkout checkout = check_out_for_commands(source, shipped, "gate", "", {}, Deadline::in(1min));
    if (environment.test_git) lay_repository(source, checkout, {}, Deadline::in(1min));
    return run_gate(environment, checkout.commit, checkout.source, logs, life, watcher, stop);
  }
  Error failure(std::vector<TestStep> steps, std::stop_token stop = {}) {
    try {
      run(std::move(steps), stop);
    } catch (const Error& error) {
      return error;
    }
    FAIL("the gate let it pass");
    return Error("");
  }
  /// The only file of the logs whose name holds `part`.
  std::string log(const std::string& part) const {
    for (const std::string& name : files_in(logs))
      if (name.find(part) != std::string::npos) return read_file(logs / name);
    return "(no log)";
  }
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the commands run in the source of the checkout, with CI set, and their output is logged") {
  World world;
  const GateResult result = world.run({{{"cat index.js"}}, {{"echo CI is $CI"}}});
  CHECK(result.commands == 2);
  CHECK(!result.skipped);
  CHECK(world.log("01-cat-index-js") == "console.log(1)\n");
  CHECK(world.log("02-echo-CI-is-CI") == "CI is true\n");
  CHECK(world.watcher.count("test_said 2 CI is true") == 1);
  CHECK(world.watcher.count("gate_ended 2") == 1);
}

TEST_CASE("the commands are told what is tested, since the checkout has no .git") {
  World world;
  world.run({{{"echo $BELAY_COMMIT $BELAY_BRANCH $BELAY_ENVIRONMENT; test ! -e ../.git"}}});
  const std::string commit = world.app.git({"rev-parse", "HEAD"}).substr(0, 40);
  CHECK(world.log("01-echo") == commit + " main production\n");
}

TEST_CASE("with test_git the checkout is a repository of the commit, anew for each run") {
  World world;
  world.environment.test_git = true;
  const std::string head = world.app.git({"rev-parse", "HEAD"});
  for (int run = 0; run < 2; ++run) {
    world.run(
        {{{"git rev-parse HEAD; git status --porcelain; git branch --show-current; git log --oneline | wc "
           "-l"}},
         {{"git -c user.name=t -c user.email=t commit -q --allow-empty -m mine; git rev-parse HEAD~"}}});
    CHECK(world.log("01-git") == head + "main\n1\n");
    CHECK(world.log("02-git") == head);
    fs::remove_all(world.logs);
  }
  CHECK(world.app.git({"rev-parse", "HEAD"}) == head);
  CHECK(world.app.git({"status", "--porcelain"}).empty());
  world.environment.test_git = false;
  world.run({{{"test ! -e ../.git"}}});
}

TEST_CASE(
    "a failing command stops the gate: its words, its exit code and its log are told, the next does not "
    "run") {
  World world;
  const Error error = world.failure({{{"echo one"}},
                                     {{"echo looking; echo bad thing >&2; exit 3"}},
                                     {{"touch '" + (world.scratch / "third").string() + "'"}}});
  CHECK(holds(error.message(), "echo looking; echo bad thing"));
  CHECK(holds(error.why(), "exit code 3"));
  CHECK(holds(error.why(), "bad thing"));
  CHECK(holds(error.next(), "02-echo-looking-echo-bad-thing"));
  CHECK(error.exit_code() == ExitCode::failed);
  CHECK(!fs::exists(world.scratch / "third"));
  CHECK(world.watcher.count("test_began 3") == 0);
  CHECK(world.watcher.count("gate_ended") == 0);
}

TEST_CASE("a command that looks for the repository is told that there is none") {
  World world;
  CHECK(holds(world.failure({{{"git rev-parse HEAD"}}}).next(), "without .git"));
  CHECK(!holds(world.failure({{{"false"}}}).next(), "without .git"));
}

TEST_CASE("only the last twenty lines are told; the log has all") {
  World world;
  const Error error = world.failure({{{"seq 1 100; false"}}});
  CHECK(!holds(error.why(), "\n80\n"));
  CHECK(holds(error.why(), "\n81\n"));
  CHECK(holds(error.why(), "\n100"));
  CHECK(holds(world.log("seq"), "1\n2\n3\n"));
}

TEST_CASE("parallel commands run at the same time") {
  World world;
  // Each waits for the other: one after the other they would never end.
  const std::string wait = "; while ! [ -e ../../";
  const GateResult result = world.run({{{"touch ../../a" + wait + "b ]; do sleep 0.01; done",
                                         "touch ../../b" + wait + "a ]; do sleep 0.01; done"}}});
  CHECK(result.commands == 2);
  CHECK(files_in(world.logs).size() == 2);
}

TEST_CASE("one failure among parallel commands cancels the others, and is the one that is told") {
  World world;
  const Error error = world.failure({{{"sleep 1000", "exit 5", "sleep 1001"}}});
  CHECK(holds(error.message(), "exit 5"));
  CHECK(holds(error.why(), "exit code 5"));
  CHECK(world.watcher.count("test_ended") == 3);
}

TEST_CASE("the gate has a deadline") {
  World world;
  world.environment.test_timeout = 200ms;
  const Error error = world.failure({{{"sleep 1000"}}});
  CHECK(holds(error.why(), "not finished after"));
}

TEST_CASE("a stop ends the running command") {
  World world;
  std::stop_source source;
  world.watcher.on_line = [&](const std::string& line) {
    if (line.starts_with("test_said")) source.request_stop();
  };
  const Error error = world.failure({{{"echo running; sleep 1000"}}}, source.get_token());
  CHECK(holds(error.why(), "cancelled"));
}

TEST_CASE("without tests there is no gate to tell of") {
  World world;
  CHECK(world.run({}).commands == 0);
  CHECK(world.watcher.lines.empty());
}

TEST_CASE("the logs of the newest twenty runs are kept") {
  World world;
  for (int i = 10; i < 40; ++i)
    world.scratch.write("logs/202601" + std::to_string(i) + "-000000/01-x.log", "old\n");
  world.run({{{"true"}}});
  const auto names = files_in(world.logs);
  CHECK(names.size() == 20);
  CHECK(names.front() == "20260121-000000/01-x.log");
}

TEST_CASE(
    "a command finds a secret in its environment; nothing that is told or logged of it shows the value") {
  World world;
  world.environment.variables = {{"TOKEN", "the 'secret'; echo struck"}, {"PLACE", "here-and-there"}};
  world.environment.shown_variables = {"PLACE"};
  world.run({{{"printf '%s|%s\\n' '${TOKEN}' ${PLACE}; tr '\\0' '\\n' </proc/$$$$/cmdline"}}});
  CHECK(world.log("01-printf").starts_with("***|here-and-there\n"));
  CHECK(holds(world.log("01-printf"), "${BELAY_VALUE_TOKEN}"));  // the arguments of sh
  CHECK(world.watcher.count("test_said 1 ***|here-and-there") == 1);

  const Error error = world.failure({{{"echo \"${TOKEN}\"; exit 3"}}});
  CHECK(holds(error.message(), "echo \"${TOKEN}\""));
  CHECK(holds(error.why(), "***"));
  CHECK_FALSE(holds(error.message() + error.why() + error.next(), "'secret'"));
}
