#include "host/journal.hpp"

#include <thread>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "runs.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

std::vector<std::string> types(const std::vector<Record>& records) {
  std::vector<std::string> found;
  for (const auto& record : records) found.push_back(type_of(record.event));
  return found;
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
