#include "saga/journal.hpp"

#include <csignal>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "own_process.hpp"
#include "runs.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

std::vector<std::string> types(const std::vector<Record>& records) {
  std::vector<std::string> found;
  for (const auto& record : records) found.push_back(type_of(record.event));
  return found;
}

/// From here on no file of this process grows beyond that: a write stops in the middle of a line, as it does
/// when the disk fills.
void let_no_file_grow_beyond(std::uint64_t bytes) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) throw system_error("cannot limit files", errno);
}

/// A disk of that size for this process alone.
void mount_small_disk(const fs::path& place, const char* size) {
  if (::unshare(::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", place.c_str(), "tmpfs", 0, size) != 0)
    throw system_error("cannot mount a small disk (needs root, or user namespaces)", errno);
}

/// Takes all room there is on the disk of this directory.
void fill_to_the_last_byte(const fs::path& directory) {
  const Fd file(::open((directory / "ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  for (std::string part(65536, 'x'); !part.empty();)
    if (try_write_all(file.get(), part) != 0) part.resize(part.size() / 2);
}

}  // namespace

TEST_CASE("what was appended is what opens, numbered from 1") {
  const Environment environment;
  auto journal =
      environment.begin("r1", {event::StepBegan{StepName::sync}, event::Output{StepName::sync, "a line"}});
  CHECK(journal.append(event::StepDone{StepName::sync, {}, "done"}) == 4);
  const auto read = Journal::read(environment.layout.journal("r1"));
  CHECK(types(read) == std::vector<std::string>{"opened", "step-began", "output", "step-done"});
  CHECK(read.front().number == 1);
  CHECK(read.back().number == 4);
}

TEST_CASE("a journal that is there is not begun again") {
  const Environment environment;
  const auto journal = environment.begin("r1");
  CHECK_THROWS_AS(Journal::create(environment.layout.journal("r1")), Error);
}

TEST_CASE("output is in the file, and not among what recovery goes by") {
  const Environment environment;
  const auto journal = environment.begin("r1", {event::Output{StepName::sync, "a line"}});
  CHECK(types(journal.records()) == std::vector<std::string>{"opened"});
}

TEST_CASE("cut at any byte, a journal opens as an exact prefix, and goes on where that ends") {
  const Environment environment;
  {
    const auto whole = environment.begin(
        "r1", {event::StepBegan{StepName::sync}, event::Noted{StepName::sync, "key", "value"},
               event::StepDone{StepName::sync, {}, "done"}});
  }
  const auto path = environment.layout.journal("r1");
  const auto content = read_file(path);
  const auto all = types(Journal::read(path));
  for (std::size_t cut = 0; cut <= content.size(); ++cut) {
    environment.live.write(".belay/runs/r1/journal.jsonl", content.substr(0, cut));
    auto journal = Journal::open(path, "recovery");
    const auto kept = types(journal.records());
    REQUIRE(kept.size() <= all.size());
    CHECK(std::equal(kept.begin(), kept.end(), all.begin()));
    CHECK(kept.size() == static_cast<std::size_t>(std::count(
                             content.begin(), content.begin() + static_cast<std::ptrdiff_t>(cut), '\n')));
    CHECK(journal.append(event::Recovering{"guard"}) == kept.size() + 1);
    CHECK(types(Journal::read(path)).back() == "recovering");
  }
}

TEST_CASE("a line damaged in the middle is an error that names file and line, and nothing is cut") {
  const Environment environment;
  environment.begin("r1", {event::StepBegan{StepName::sync}, event::StepBegan{StepName::build}});
  const auto path = environment.layout.journal("r1");
  const auto content = environment.damage("r1");
  for (const bool to_write : {true, false}) {
    try {
      if (to_write)
        Journal::open(path, "recovery");
      else
        Journal::read(path);
      FAIL("it was opened");
    } catch (const Error& error) {
      CHECK(error.message() == "the journal " + path.string() + " is damaged in line 2");
      CHECK_FALSE(error.why().empty());
      CHECK_FALSE(error.next().empty());
    }
  }
  CHECK(read_file(path) == content);
}

TEST_CASE("a record that does not fit leaves no half line: what is appended later reads") {
  const Environment environment;
  const auto path = environment.layout.journal("r1");
  CHECK(in_own_process([&] {
          auto journal = environment.begin("r1");
          const auto good = read_file(path);
          let_no_file_grow_beyond(good.size() + 40);
          try {
            journal.append(event::StepBegan{StepName::sync});
            return std::string("a record fitted that cannot");
          } catch (const Error& error) {
            if (error.message().find(path.string()) == std::string::npos)
              return "no path: " + error.message();
          }
          if (read_file(path) != good) return std::string("half a record is left");
          if (journal.try_append(event::Recovering{"guard"})) return std::string("this cannot have fitted");
          if (types(journal.records()) != std::vector<std::string>{"opened", "recovering"})
            return std::string("this process forgot what it could not write");
          let_no_file_grow_beyond(1'000'000);
          if (!journal.try_append(event::StepBegan{StepName::build}))
            return std::string("no room is given back");
          return std::string();
        }) == "");
  const auto read = Journal::read(path);
  CHECK(types(read) == std::vector<std::string>{"opened", "step-began"});
  CHECK(read.back().number == 2);
}

TEST_CASE("on a disk that is full to the last byte the records of going back still fit") {
  const Environment environment;
  CHECK(in_own_process([&] {
          mount_small_disk(environment.layout.runs(), "size=4m");
          auto journal = environment.begin("r1");
          // Output does not use up what is set aside: here it is not written at all.
          for (int i = 0; i < 5000; ++i) journal.output(StepName::build, std::string(200, 'x'));
          fill_to_the_last_byte(environment.layout.runs());
          for (int i = 0; i < 100; ++i)
            journal.append(event::UndoFailed{StepName::switch_over, "m", std::string(800, 'w')});
          {
            auto recovering = Journal::open(environment.layout.journal("r1"), "recovery");
            recovering.append(event::Recovering{"guard"});
            recovering.append(event::Closed{});
          }
          const auto read = Journal::read(environment.layout.journal("r1"));
          // 100 of them, the opening, the two of the recovery, and how much output is left out.
          return read.size() == 103 ? std::string() : "there are " + std::to_string(read.size());
        }) == "");
}

TEST_CASE(
    "records that were written go on ahead of the reserve: output before the disk filled took none of it") {
  const Environment environment;
  CHECK(in_own_process([&] {
          mount_small_disk(environment.layout.runs(), "size=100m");
          auto journal = environment.begin("r1");
          for (int i = 0; i < 4000; ++i) journal.output(StepName::build, std::string(200, 'x'));
          if (fs::file_size(environment.layout.journal("r1")) < 500'000) return std::string("no output");
          fill_to_the_last_byte(environment.layout.runs());
          for (int i = 0; i < 100; ++i)
            journal.append(event::UndoFailed{StepName::switch_over, "m", std::string(800, 'w')});
          return std::string();
        }) == "");
}

TEST_CASE("a closed journal gives back the room it had set aside") {
  const Environment environment;
  environment.begin("r1", {event::Closed{}});
  struct stat found{};
  REQUIRE(::stat(environment.layout.journal("r1").c_str(), &found) == 0);
  CHECK(found.st_blocks * 512 < 100'000);
}

TEST_CASE("threads that append at the same time get numbers without a gap") {
  const Environment environment;
  {
    auto journal = environment.begin("r1");
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int line = 0; line < 50; ++line) journal.append(event::Output{StepName::build, "a line"});
      });
  }
  const auto read = Journal::read(environment.layout.journal("r1"));
  REQUIRE(read.size() == 201);
  for (std::size_t i = 0; i < read.size(); ++i) CHECK(read[i].number == i + 1);
}

TEST_CASE("a journal that cannot be written says which, and why") {
  const Environment environment;
  try {
    Journal::create(environment.layout.journal("no-such-run"));
    FAIL("it was created");
  } catch (const Error& error) {
    CHECK(error.message().find("no-such-run") != std::string::npos);
    CHECK((error.message() + error.why()).find("No such file") != std::string::npos);
  }
}
