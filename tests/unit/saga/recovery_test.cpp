#include "saga/recovery.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "release/release_store.hpp"
#include "runs.hpp"
#include "saga/holder.hpp"

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

TEST_CASE("an open run with a damaged line is an error that says where, and nothing is written or undone") {
  const Environment environment;
  environment.begin("r1", {event::StepBegan{StepName::sync}, event::StepBegan{StepName::build}});
  const auto file = environment.layout.journal("r1");
  const auto content = environment.damage("r1");
  try {
    recover_open_runs(environment.layout, "next command");
    FAIL("it was recovered");
  } catch (const Error& error) {
    const auto said = error.message_and_why();
    CAPTURE(said);
    CHECK(said.find(file.string()) != std::string::npos);
    CHECK(said.find("line 2") != std::string::npos);
    CHECK(error.next().find("docker ps") != std::string::npos);
  }
  CHECK(read_file(file) == content);
}

TEST_CASE("a run whose journal lost its commit is finished, not undone, where its release is current") {
  struct Case {
    const char* name;
    std::string current;
    std::optional<Release::State> state;
    Plan::Kind kind = Plan::Kind::deploy;
    bool undo_began = false;
    std::string expected;  // the record that decides
  };
  const Case cases[] = {
      {"current and good", "r1", Release::State::good, Plan::Kind::deploy, false, "committed"},
      {"good, and current was not reached", "r0", Release::State::good, Plan::Kind::deploy, false,
       "committed"},
      {"left in place", "r1", Release::State::failed, Plan::Kind::deploy, false, "noted"},
      {"not settled", "r0", Release::State::candidate, Plan::Kind::deploy, false, ""},
      {"no release.json yet", "r0", std::nullopt, Plan::Kind::deploy, false, ""},
      {"a rollback to a good release, not done", "r0", Release::State::good, Plan::Kind::rollback, false, ""},
      {"a rollback, done", "r1", Release::State::good, Plan::Kind::rollback, false, "committed"},
      {"its undo has begun", "r1", Release::State::good, Plan::Kind::deploy, true, ""},
  };
  for (const auto& one : cases) {
    CAPTURE(one.name);
    const Environment environment;
    const ReleaseStore store(environment.layout);
    auto event = opened("r1");
    event.plan.kind = one.kind;
    if (one.state) store.save({.id = "r1", .state = *one.state});
    make_directories(environment.layout.release(one.current));
    store.set_current(one.current);
    std::vector<Record> records{{1, {}, event}, {2, {}, event::StepBegan{StepName::switch_over}}};
    if (one.undo_began) records.push_back({3, {}, event::UndoBegan{StepName::switch_over}});
    const auto decided = decided_by_second_witness(environment.layout, records);
    CHECK((decided ? type_of(*decided) : "") == one.expected);
  }
}

TEST_CASE("a rollback to what is current already says nothing by being current") {
  const Environment environment;
  const ReleaseStore store(environment.layout);
  store.save({.id = "r1", .state = Release::State::good});
  store.set_current("r1");
  auto event = opened("r1");
  event.plan.kind = Plan::Kind::rollback;
  event.previous = "r1";
  CHECK_FALSE(decided_by_second_witness(environment.layout, {{1, {}, event}}).has_value());
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
