#include "saga/run_ledger.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "runs.hpp"

using namespace belay;
using namespace belay::testing;

TEST_CASE("a step that prints without end leaves its first and last megabyte, and how much lies between") {
  const Environment environment;
  auto journal = environment.begin("r1", {event::StepBegan{StepName::migrate}});
  RunLedger ledger(journal, nullptr);
  constexpr int lines = 40'000;
  for (int i = 0; i < lines; ++i) ledger.output(StepName::migrate, fmt::format("{:099}", i));
  journal.append(event::StepDone{StepName::migrate, {}, "done"});

  std::vector<std::string> said;
  const auto records = Journal::read(environment.layout.journal("r1"));
  for (const auto& record : records)
    if (const auto* output = std::get_if<event::Output>(&record.event)) said.push_back(output->line);
  REQUIRE(said.size() == 20'001);
  CHECK(said.front() == fmt::format("{:099}", 0));
  CHECK(said[9'999] == fmt::format("{:099}", 9'999));
  CHECK(said[10'000] == "(20000 lines of output are left out here)");
  CHECK(said.back() == fmt::format("{:099}", lines - 1));
  CHECK(type_of(records.back().event) == "step-done");  // the end of a step is behind all of its output
}
