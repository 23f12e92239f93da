#include "host/recovery.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/holder.hpp"
#include "runs.hpp"

using namespace belay;
using namespace belay::testing;

TEST_CASE("where nothing was ever deployed there is nothing to recover, and nothing is made") {
  const Scratch live;
  CHECK(recover_if_abandoned(Layout{live.path()}, "boot").empty());
  CHECK_FALSE(fs::exists(live / ".belay"));
}

TEST_CASE("closed runs are left alone") {
  const Environment environment;
  environment.begin("r1", {event::Closed{}});
  const auto before = read_file(environment.layout.journal("r1"));
  CHECK(recover_open_runs(environment.layout, "next command").empty());
  CHECK(read_file(environment.layout.journal("r1")) == before);
}

TEST_CASE("a run that died before its journal said anything is removed: nothing was done") {
  const Environment environment;
  make_directories(environment.layout.run("without-journal"));
  environment.live.write(".belay/runs/empty/journal.jsonl", "");
  environment.live.write(".belay/runs/torn/journal.jsonl", "1234");
  CHECK(recover_open_runs(environment.layout, "next command").empty());
  CHECK(fs::is_empty(environment.layout.runs()));
}

TEST_CASE("a run that a living process holds is not recovered") {
  const Environment environment;
  environment.begin("r1", {event::StepBegan{StepName::sync}});
  const auto lock = FileLock::try_acquire(environment.layout.lock());
  REQUIRE(lock);
  write_holder(*lock, {"ana", "laptop"}, "r1");
  CHECK(recover_if_abandoned(environment.layout, "boot").empty());
  CHECK(Journal::read(environment.layout.journal("r1")).size() == 2);
}

TEST_CASE("a lock whose holder is dead is waited for, until the kernel lets go of it") {
  const Environment environment;
  environment.live.write(".belay/runs/torn/journal.jsonl", "1234");  // recovered without a Docker Engine
  auto lock = FileLock::try_acquire(environment.layout.lock());
  REQUIRE(lock);
  const pid_t dying = ::fork();  // shares the lock, and lets go of it last
  REQUIRE(dying >= 0);
  if (dying == 0) {
    ::sleep(1);
    ::_exit(0);
  }
  lock.reset();
  CHECK(recover_if_abandoned(environment.layout, "boot").empty());
  CHECK(fs::is_empty(environment.layout.runs()));
  int status = 0;
  CHECK(::waitpid(dying, &status, 0) == dying);
}
