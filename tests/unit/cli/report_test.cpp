#include "cli/report.hpp"

#include <doctest/doctest.h>

#include "../golden.hpp"
#include "cli/text_width.hpp"
#include "model/notes.hpp"
#include "sample_runs.hpp"

using namespace belay;
using namespace belay::cli;

namespace {

constexpr Style plain{false, true};

std::string report_of(const std::vector<Record>& records) {
  return report(samples::ending_of(records), plain);
}

/// Where its step writes it: before that is done.
template <class Note>
void add_note(std::vector<Record>& records, const Note& note) {
  const auto at = std::ranges::find_if(records, [](const Record& record) {
    const auto* done = std::get_if<event::StepDone>(&record.event);
    return done && done->step == Note::steps.front();
  });
  REQUIRE(at != records.end());
  records.insert(at, Record{at->number, at->at, noted_event(note)});
}

}  // namespace

TEST_CASE("report: deployed") {
  check_golden("report-deployed.txt", report_of(samples::deployed()));
}
TEST_CASE("report: a migration failed, the old release never stopped") {
  check_golden("report-migration-fails.txt", report_of(samples::migration_fails()));
}
TEST_CASE("report: the candidate crashed, the old release serves again") {
  check_golden("report-candidate-crashes.txt", report_of(samples::candidate_crashes()));
}
TEST_CASE("report: a first deployment failed, there was no release to roll back to") {
  const std::string text = report_of(samples::first_deployment_fails());
  check_golden("report-first-fails.txt", text);
  CHECK(text.find("there was no release to roll back to") != std::string::npos);
}
TEST_CASE("report: the way back failed too") {
  check_golden("report-undo-fails.txt", report_of(samples::rollback_fails()));
}
TEST_CASE("report: the executor died and the guard undid it") {
  check_golden("report-executor-dies.txt", report_of(samples::executor_dies()));
}
TEST_CASE("report: left in place, untested, from a working tree") {
  check_golden("report-left-in-place.txt", report_of(samples::left_in_place()));
}
TEST_CASE("report: rolled back as asked") {
  check_golden("report-rolled-back-as-asked.txt", report_of(samples::rolled_back_as_asked()));
}

TEST_CASE("report: deployed, and not all of it is tidied up") {
  auto records = samples::deployed();
  auto& closed = std::get<event::Closed>(records.back().event);
  closed.unfinished =
      "not done yet: the live directory\ncannot write /srv/crm/compose.yml: No space left on device";
  check_golden("report-unfinished.txt", report_of(records));
}
TEST_CASE(
    "report: the health is good, and the edge counts errors: the first line says so, and the exit code") {
  const std::string errors = "answers 57 of 60 requests with 5xx since then";
  auto undone = samples::candidate_crashes();
  auto& closed = std::get<event::Closed>(undone.back().event);
  closed.outcome = RunOutcome::nothing_serves;
  closed.errors = errors;
  CHECK(exit_code_of(closed) == ExitCode::nothing_serves);
  const auto text = report_of(undone);
  CHECK(text.contains("✗ Rolled back. production serves " + closed.serving + " again, and " + errors +
                      ". The database was migrated, and the migration is not undone\n"));
  CHECK(text.contains("The release that serves is older than the database's schema"));
  CHECK(!text.contains("NOTHING GOOD SERVES"));

  auto deployed = samples::deployed();
  auto& good = std::get<event::Closed>(deployed.back().event);
  good.errors = errors;
  CHECK(exit_code_of(good) == ExitCode::nothing_serves);
  CHECK(report_of(deployed).contains("✗ Deployed. production now serves " + good.serving + ", and " + errors +
                                     "\n"));
}
TEST_CASE("report: a reason that was given is there, and the freeze in spite of which it was") {
  auto records = samples::deployed();
  CHECK(!report_of(records).contains("reason"));
  std::get<event::Opened>(records.front().event).plan.reason =
      Reason{"checkout is broken", "Sat until Sun, UTC"};
  CHECK(report_of(records).contains(
      "  reason   checkout is broken (in spite of the freeze Sat until Sun, UTC)\n"));
}
TEST_CASE("report: what serves was started again, so it is not said that it never stopped") {
  auto records = samples::migration_fails();
  CHECK(report_of(records).find("it never stopped") != std::string::npos);
  std::get<event::Closed>(records.back().event).started_again = "crm-backend";
  CHECK(report_of(records).find("it never stopped") == std::string::npos);
}

TEST_CASE("report: a log of long lines leaves the verdict in sight") {
  auto records = samples::candidate_crashes();
  for (auto& record : records)
    if (auto* failed = std::get_if<event::StepFailed>(&record.event)) {
      failed->container_log.assign(50, std::string(600, 'x'));
      failed->container_log.back() = "the last words";
    }
  const auto text = report_of(records);
  CHECK(text.size() < 16000);
  CHECK(text.find("the last words") != std::string::npos);
  CHECK(text.find("x …") != std::string::npos);
}

TEST_CASE("report: what is not released and differs from the compose file is said, with the command") {
  auto records = samples::deployed();
  add_note(records, notes::StaleAccessories{{{"db", "db (not released) differs", "belay up production db"}}});
  const std::string text = report_of(records);
  CHECK(text.contains(
      "\n  ! db (not released) differs\n    → To bring it up to date:  belay up production db\n"));
}

TEST_CASE("report: what compose warned of is said in its words, also where the release failed over it") {
  const std::string unset = "The \"TAG\" variable is not set. Defaulting to a blank string.";
  for (auto records : {samples::deployed(), samples::candidate_crashes()}) {
    CHECK(!report_of(records).contains("compose file"));
    add_note(records, notes::ComposeWarnings{{unset, "`version` is obsolete"}});
    CHECK(report_of(records).contains("\n\n  ! compose file: " + unset +
                                      "\n  ! compose file: `version` is obsolete\n\n"));
  }
}

TEST_CASE("no failure carries a tick or says deployed") {
  for (const auto& records :
       {samples::migration_fails(), samples::candidate_crashes(), samples::first_deployment_fails(),
        samples::rollback_fails(), samples::executor_dies(), samples::left_in_place()}) {
    const std::string text = report_of(records);
    CHECK(text.find("✓") == std::string::npos);
    CHECK(text.find("Deployed") == std::string::npos);
    CHECK(text.find("now serves") == std::string::npos);
  }
}

TEST_CASE("a report without colours is the coloured one with the colours taken off") {
  for (const auto& records : {samples::deployed(), samples::candidate_crashes(), samples::left_in_place()}) {
    const std::string coloured = report(samples::ending_of(records), {true, true});
    std::string bare;
    for (std::size_t start = 0; start < coloured.size();) {
      const std::size_t end = coloured.find('\n', start);
      bare += printable(coloured.substr(start, end - start)) + "\n";
      start = end + 1;
    }
    CHECK(bare == report_of(records));
  }
}

TEST_CASE("a deployment that was stopped by hand says so and that nothing happened") {
  auto records = samples::migration_fails();
  std::erase_if(records,
                [](const Record& record) { return std::holds_alternative<event::StepFailed>(record.event); });
  std::get<event::Closed>(records.back().event).message = "stopped by ana@laptop";
  const std::string text = report_of(records);
  CHECK(text.starts_with("\n✗ stopped by ana@laptop\n"));
  CHECK(text.find("production still serves 20260110-090000-1c0ffee") != std::string::npos);
  CHECK(text.find("Fix what failed") == std::string::npos);
}
