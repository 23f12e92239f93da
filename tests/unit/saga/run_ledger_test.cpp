#include "saga/run_ledger.hpp"

#include <ranges>

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

namespace {

/// Answers each question, and remembers it.
struct AnsweringController : Controller {
  std::vector<std::string> asked;
  std::optional<std::string> change;
  std::optional<wire::Tell> wait_for(const std::string& what, std::chrono::milliseconds,
                                     std::chrono::milliseconds, std::stop_token) override {
    asked.push_back(what);
    return wire::Tell{.nonce = {}, .what = what, .ok = true, .detail = "done", .change = change};
  }
  std::optional<std::string> take(const std::string&) override { return {}; }
};

std::string types_after_the_opening(const Journal& journal) {
  std::string types;
  for (const auto& record : journal.records() | std::views::drop(1)) types += type_of(record.event) + " ";
  return types;
}

}  // namespace

TEST_CASE("a controller reads no question that nobody will hear answered") {
  const Environment environment;
  SUBCASE("an executor asks, and records question and answer") {
    auto journal = environment.begin("r1", {});
    AnsweringController controller;
    RunLedger ledger(journal, &controller);
    CHECK(ledger.ask_controller("hook on_failure 1", {}, std::chrono::minutes(1), {}).ok);
    CHECK(controller.asked == std::vector<std::string>{"hook on_failure 1"});
    CHECK(types_after_the_opening(journal) == "awaiting heard ");
  }
  SUBCASE("a recovery does not: the controller would run the hook, and belay would say that it did not run") {
    auto journal = environment.begin("r1", {});
    RunLedger ledger(journal, nullptr);
    const auto heard = ledger.ask_controller("hook on_failure 1", {}, std::chrono::minutes(1), {});
    CHECK(heard.what == "nobody");
    CHECK_FALSE(heard.ok);
    CHECK(types_after_the_opening(journal).empty());
  }
}

TEST_CASE("the change of the source reaches the step, and not the journal") {
  const Environment environment;
  auto journal = environment.begin("r1", {});
  AnsweringController controller;
  RunLedger ledger(journal, &controller);
  CHECK_FALSE(ledger.ask_controller("source", {}, std::chrono::minutes(1), {}).change);
  controller.change = "packed contents";
  CHECK(ledger.ask_controller("source", {}, std::chrono::minutes(1), {}).change == "packed contents");
  CHECK_FALSE(read_file(environment.layout.journal("r1")).contains("packed contents"));
}
