#include "cli/board_frame.hpp"

#include <doctest/doctest.h>

#include "../golden.hpp"
#include "cli/text_width.hpp"
#include "model/hook.hpp"
#include "sample_runs.hpp"

using namespace belay;
using namespace belay::cli;
using namespace std::chrono_literals;

namespace {

constexpr Style plain{false, true};

/// A board that has seen the gate, the connection, and the records up to some time after the run's start.
Board board_at(const std::vector<Record>& records, std::chrono::milliseconds after_start) {
  const Time start = samples::start();
  Board board("Deploying crm-backend to production");
  board.gate_began(samples::sample_plan().commit, 4, start - 10s);
  board.gate_ended(samples::sample_plan().gate);
  board.connecting("deploy@api.example.net", start - 1s);
  board.connected({wire::protocol, "0.1.0", "x86_64", "api", start - 500ms}, start - 500ms);
  for (const Record& record : records)
    if (record.at - start <= after_start) board.record(record, record.at);
  return board;
}

/// … up to the last record of a kind.
template <class E>
Board board_until(const std::vector<Record>& records) {
  Time last{};
  for (const Record& record : records)
    if (std::holds_alternative<E>(record.event)) last = record.at;
  return board_at(records, last - samples::start());
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string picture(const Board& board, std::chrono::milliseconds after_start, Size size = {90, 40},
                    const Style& style = plain) {
  return text_of(frame(board, samples::start() + after_start, size, style, 2));
}

std::string final_picture(const std::vector<Record>& records) {
  Board board = board_at(records, 1h);
  board.end(records.back().at);
  return text_of(last_frame(board, records.back().at, 90, plain));
}

}  // namespace

TEST_CASE("before the first step: the title and what happens here") {
  Board board("Deploying crm-backend to production");
  check_golden("frame-start.txt", text_of(frame(board, samples::start(), {90, 40}, plain, 0)));
}

TEST_CASE("while tests run in parallel, each has its line and its last output") {
  Board board("Deploying crm-backend to production");
  const Time start = samples::start();
  board.gate_began(samples::sample_plan().commit, 4, start);
  board.test_began(1, "npm ci", start);
  board.test_ended(1, true, 2100ms, "/tmp/1.log", start + 2100ms);
  board.test_began(4, "npm test", start + 2100ms);
  board.test_began(2, "npm run lint", start + 2100ms);
  for (int i = 1; i < 9; ++i) board.test_said(4, "\x1b[32mok\x1b[0m " + std::to_string(i));
  board.test_said(2, "> eslint src");
  board.test_said(2, "   ");
  check_golden("frame-tests.txt", text_of(frame(board, start + 3s, {90, 40}, plain, 0)));
}

TEST_CASE("a failing test keeps its last lines and names its log") {
  Board board("Deploying crm-backend to production");
  const Time start = samples::start();
  board.gate_began(samples::sample_plan().commit, 2, start);
  board.test_began(1, "npm run lint", start);
  board.test_began(2, "npm test", start);
  board.test_said(1, "src/server.ts: 3 problems");
  board.test_ended(1, false, 1200ms, "/home/ana/.cache/belay/gate/1.log", start + 1200ms);
  board.end(start + 1300ms);
  check_golden("frame-tests-failed.txt", text_of(last_frame(board, start + 1300ms, 90, plain)));
}

TEST_CASE("the running step shows its time, its way to go, and its last six lines") {
  check_golden("frame-build.txt", picture(board_at(samples::deployed(), 4600ms), 4700ms));
}

TEST_CASE("without Unicode the same in ASCII") {
  const std::string text = picture(board_at(samples::deployed(), 4600ms), 4700ms, {90, 40}, {false, false});
  check_golden("frame-build-ascii.txt", text);
}

TEST_CASE("colours are added, nothing else") {
  const Board board = board_at(samples::deployed(), 4600ms);
  const auto coloured = frame(board, samples::start() + 4700ms, {90, 40}, {true, true}, 2);
  const auto bare = frame(board, samples::start() + 4700ms, {90, 40}, plain, 2);
  REQUIRE(coloured.size() == bare.size());
  for (std::size_t i = 0; i < bare.size(); ++i) CHECK(printable(coloured[i]) == bare[i]);
}

TEST_CASE("the source's transfer and the attempts from here show at their step") {
  Board board = board_at(samples::deployed(), 2000ms);
  board.transferring(StepName::sync, 1'200'000, 40);
  CHECK(picture(board, 2100ms).find("1.2 MB sent, 40 %") != std::string::npos);
  Board verifying = board_until<event::Awaiting>(samples::deployed());
  verifying.asked_from_here(3, 30, "GET https://api.example.net/api/health answered 502\nbody");
  CHECK(picture(verifying, 9400ms, {140, 40})
            .find("from here, attempt 3 of 30: GET https://api.example.net/api/health answered 502") !=
        std::string::npos);
}

TEST_CASE("what the host waits for, and that no answer came, is said of the question that was asked") {
  const std::pair<std::string, std::pair<std::string, std::string>> table[] = {
      {"source", {"waiting for the source", "no answer came from where belay was started"}},
      {"images with all layers",
       {"waiting for the images that are built", "no answer came from where belay was started"}},
      {"committed", {"which files git knows", "no file counts as known to git"}},
      {"confirmation of api", {"the answer from outside", "the host asks the URL itself"}},
      {errand_of_hook(Hook::At::after_switch, 2),
       {"a hook runs where belay was started", "no answer came from the hook"}}};
  for (const auto& [what, words] : table) {
    CAPTURE(what);
    Board board = board_at(samples::deployed(), 2000ms);
    const auto shown_after = [&](Event event) {
      board.record({1000, samples::start() + 2000ms, std::move(event)}, samples::start() + 2000ms);
      return picture(board, 2100ms, {140, 40});
    };
    CHECK(shown_after(event::Awaiting{what, {}, 60s}).find(words.first) != std::string::npos);
    CHECK(shown_after(event::Heard{"nobody", false, "no controller"}).find(words.second) !=
          std::string::npos);
  }
}

TEST_CASE("a good end") {
  check_golden("frame-deployed.txt", final_picture(samples::deployed()));
}
TEST_CASE("a failed migration's end") {
  check_golden("frame-migration-fails.txt", final_picture(samples::migration_fails()));
}
TEST_CASE("a crashed candidate's end") {
  check_golden("frame-candidate-crashes.txt", final_picture(samples::candidate_crashes()));
}
TEST_CASE("a first deployment's failed end") {
  check_golden("frame-first-fails.txt", final_picture(samples::first_deployment_fails()));
}
TEST_CASE("an undo that fails is shown as a failure") {
  check_golden("frame-undo-fails.txt", final_picture(samples::rollback_fails()));
}
TEST_CASE("an executor that died breaks its step off") {
  check_golden("frame-executor-dies.txt", final_picture(samples::executor_dies()));
}

TEST_CASE("a view that ends in the middle shows the running step as broken off") {
  Board board = board_at(samples::deployed(), 4600ms);
  board.end(samples::start() + 5s);
  const std::string text = text_of(last_frame(board, samples::start() + 5s, 90, plain));
  CHECK(text.find("✗ build") != std::string::npos);
  CHECK(text.find("broken off") != std::string::npos);
}

TEST_CASE("whatever the terminal's size, a picture fits into it") {
  const Board board = board_at(samples::deployed(), 4600ms);
  for (int rows = 1; rows < 30; ++rows)
    for (const int columns : {1, 7, 20, 33, 60, 120}) {
      const auto lines = frame(board, samples::start() + 4700ms, {columns, rows}, {true, true}, 0);
      CHECK(static_cast<int>(lines.size()) <= rows);
      for (const std::string& line : lines) CHECK(display_width(line) <= columns);
    }
}

TEST_CASE("a small terminal keeps the running step and what it says longest") {
  check_golden("frame-small.txt", picture(board_at(samples::deployed(), 4600ms), 4700ms, {60, 9}));
}

TEST_CASE("a host whose clock is an hour off does not disturb the times") {
  const Time start = samples::start();
  Board board("Deploying");
  board.connecting("host", start);
  board.connected({wire::protocol, "0.1.0", "x86_64", "api", start - 1h}, start);
  auto records = samples::deployed();
  for (Record& record : records) record.at -= 1h;
  for (const Record& record : records)
    if (record.at + 1h - start <= 4600ms) board.record(record, record.at + 1h);
  CHECK(picture(board, 4700ms).find("✓ connect         0 s") != std::string::npos);
  CHECK(picture(board, 4700ms).find("build         2.5 s") != std::string::npos);
}

TEST_CASE("a note that is longer than the terminal is broken into lines, not cut") {
  Board board("Deploying");
  board.notice("Stopping: whatever was begun on the host is undone first.");
  CHECK(text_of(frame(board, samples::start(), {40, 20}, plain, 0)) ==
        "Deploying\n  ! Stopping: whatever was begun on the\n    host is undone first.\n");
}

TEST_CASE("who holds the environment is said while waiting, and no longer") {
  Board board("Deploying crm-backend to production");
  const Time start = samples::start();
  board.held({"20260112-103100-1c0ffee", "bo@ci", start - 125s, true}, start);
  CHECK(text_of(frame(board, start, {120, 40}, plain, 0))
            .find("Waiting: bo@ci holds the environment since 2 min 05 s ago") != std::string::npos);
  for (const Record& record : samples::deployed()) board.record(record, record.at);
  CHECK(text_of(frame(board, start, {120, 40}, plain, 0)).find("Waiting") == std::string::npos);
}
