#include "cli/step_summary.hpp"

#include <doctest/doctest.h>

#include "../golden.hpp"
#include "base/error.hpp"
#include "model/notes.hpp"
#include "sample_runs.hpp"

using namespace belay;
using namespace belay::cli;

namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

TEST_CASE("step summary: deployed") {
  check_golden("summary-deployed.md", step_summary(samples::ending_of(samples::deployed())));
}
TEST_CASE("step summary: the candidate crashed, the old release serves again") {
  check_golden("summary-candidate-crashes.md",
               step_summary(samples::ending_of(samples::candidate_crashes())));
}

TEST_CASE("step summary: a reason that was given is there, and no Markdown of its own") {
  auto records = samples::deployed();
  std::get<event::Opened>(records.front().event).plan.reason = Reason{"see [x](http://evil)"};
  CHECK(step_summary(samples::ending_of(records)).contains("| reason | see \\[x\\](http://evil) |\n"));
}

TEST_CASE("step summary: the first line says the outcome, and the job's result agrees with it") {
  struct Row {
    std::vector<Record> records;
    std::string line, outcome;
  };
  auto errors = samples::deployed();
  std::get<event::Closed>(errors.back().event).errors = "answers 57 of 60 requests with 5xx";
  const std::vector<Row> rows = {
      {samples::deployed(), "### ✅ crm-backend was deployed to production", "deployed"},
      {errors, "### ❌ crm-backend was deployed to production, and answers 57 of 60 requests with 5xx",
       "failed"},
      {samples::migration_fails(),
       "### ↩️ The deployment of crm-backend to production failed. Release 20260110-090000-1c0ffee still "
       "serves",
       "rolled-back"},
      {samples::candidate_crashes(),
       "### ↩️ The deployment of crm-backend to production failed. Release 20260110-090000-1c0ffee serves "
       "again",
       "rolled-back"},
      {samples::first_deployment_fails(),
       "### ❌ The deployment of crm-backend to production failed, and nothing good serves", "failed"},
      {samples::left_in_place(),
       "### ❌ The deployment of crm-backend to staging failed and was left in place (rollback: false)",
       "failed"},
      {samples::rolled_back_as_asked(), "### ✅ crm-backend was rolled back on production", "deployed"},
  };
  for (const Row& row : rows) {
    const Ending ending = samples::ending_of(row.records);
    CHECK(first_line(step_summary(ending)) == row.line);
    CHECK(job_result(ending).outcome == row.outcome);
    CHECK(row.line.contains(job_result(ending).environment));
  }
}

TEST_CASE("step summary: what others write can neither end a block nor become Markdown or HTML") {
  auto records = samples::candidate_crashes();
  for (Record& record : records)
    if (auto* failed = std::get_if<event::StepFailed>(&record.event)) {
      failed->message = "<img src=x> | [x](http://evil) `y`";
      failed->container_log = {"```", "````", "# not a title"};
    }
  const auto text = step_summary(samples::ending_of(records));
  CHECK(text.contains("&lt;img src=x\\> \\| \\[x\\](http://evil) \\`y\\`"));
  CHECK(text.contains("\n`````text\n```\n````\n# not a title\n`````\n"));
}

TEST_CASE("step summary: a log of a megabyte keeps its end") {
  auto records = samples::candidate_crashes();
  for (Record& record : records)
    if (auto* failed = std::get_if<event::StepFailed>(&record.event))
      failed->container_log = std::vector<std::string>(20'000, std::string(100, 'x')),
      failed->container_log.back() = "last";
  const auto text = step_summary(samples::ending_of(records));
  CHECK(text.size() < 100'000);
  CHECK(text.contains("\nlast\n```"));
}

TEST_CASE("job result: unchanged only if every container that serves ran before") {
  const auto outcome = [](const std::vector<std::string>& stayed, const std::vector<std::string>& serve) {
    auto records = samples::deployed();
    const auto noted = [](const std::vector<std::string>& ids) {
      boost::json::array list;
      for (const auto& id : ids)
        list.push_back({{"id", id},
                        {"name", id},
                        {"service", "web"},
                        {"running", true},
                        {"restart_policy", ""},
                        {"restart_maximum", 0}});
      return list;
    };
    const auto closed = records.back();
    records.back().event =
        event::Noted{StepName::create, std::string(notes::UnchangedContainers::key), noted(stayed)};
    records.push_back(closed);
    records.back().event = event::Noted{StepName::settle, std::string(notes::Candidates::key), noted(serve)};
    records.push_back(closed);
    return job_result(samples::ending_of(records)).outcome;
  };
  CHECK(outcome({"a", "b"}, {"a", "b"}) == "unchanged");
  CHECK(outcome({"a"}, {"a", "b"}) == "deployed");
  CHECK(outcome({}, {"b"}) == "deployed");
}

TEST_CASE(
    "step summary: a command that failed before the host began, and a push that concerns no environment") {
  const auto text =
      error_summary(Error("test failed: npm test", "1 failing"), "error: test failed\n", "production");
  CHECK(text ==
        "### ❌ The deployment to production did not take place: test failed: npm test\n\n```text\nerror: "
        "test failed\n```\n\n");
  CHECK(error_summary(Error("1 problem", "", "", ExitCode::bad_input), "x\n", "") ==
        "### ❌ The deployment did not take place: 1 problem\n\nNothing was touched.\n\n```text\nx\n```\n\n");
  CHECK(skipped_summary("production", "the branch main was deleted") ==
        "### ⏭️ Not deployed to production\n\nthe branch main was deleted\n\n");
}
