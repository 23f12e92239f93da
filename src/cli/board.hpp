#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "model/journal_record.hpp"
#include "model/wire.hpp"

namespace belay::cli {

/// What is known about a run at one moment: the live view's material. A plain state that events change; it
/// draws nothing and reads no clock (every call is given the time, by this machine's clock).

enum class Mark { waiting, running, done, failed, undoing, undone, undo_failed };

/// The last lines a step or test printed.
class Tail {
 public:
  static constexpr std::size_t kept = 50;
  void add(const std::string& line);
  const std::deque<std::string>& lines() const { return lines_; }

 private:
  std::deque<std::string> lines_;
};

/// One line of the list: the tests, the connection, and each step of the plan.
struct Row {
  std::string name;
  Mark mark = Mark::waiting;
  Time began{};
  std::chrono::milliseconds took{0};   // once it is over
  std::string summary;                 // once it is over
  std::string doing;                   // while it runs: "attempt 3 of 30"
  std::int64_t amount = 0, total = 0;  // while it runs; total 0: no bar
  Tail tail;
};

struct TestRow {
  int number = 0;
  std::string command;
  Mark mark = Mark::running;
  Time began{};
  std::chrono::milliseconds took{0};
  std::string log_file;
  Tail tail;
};

class Board {
 public:
  /// "Deploying production": what was asked for, until the run says more.
  explicit Board(std::string asked_for) : title_(std::move(asked_for)) {}

  // The controller's own part: as Watcher has it.
  void gate_began(const Commit&, int commands, Time);
  void gate_skipped(Time);
  void test_began(int number, const std::string& command, Time);
  void test_said(int number, const std::string& line);
  void test_ended(int number, bool ok, std::chrono::milliseconds took, const std::string& log_file, Time);
  void gate_ended(const GateResult&);
  void local_build_began(int commands, Time);
  void local_build_said(const std::string& line);
  void local_build_ended(const BuiltHere&, std::chrono::milliseconds took);
  void connecting(const std::string& host, Time);
  void connected(const wire::Hello&, Time);
  void shipping_binary(std::uint64_t bytes);
  void reconnecting(int attempt, const std::string& why);
  void held(const wire::Held&, Time);
  void transferring(StepName, std::uint64_t bytes, int percent);
  void build_said(const std::string& line);
  void hook_said(StepName, const std::string& line);
  void asked_from_here(int attempt, int attempts, const std::string& finding);
  void notice(const std::string&);

  // The host's part.
  void record(const Record&, Time);

  /// Nothing more will come: what still runs is shown as broken off.
  void end(Time);

  const std::string& title() const { return title_; }
  const std::string& subtitle() const { return subtitle_; }  // the commit
  const std::vector<Row>& rows() const { return rows_; }
  const std::vector<TestRow>& tests() const { return tests_; }  // in order of number
  const std::vector<std::string>& notices() const { return notices_; }
  /// Why nothing moves: "root@b (run …) holds the environment since …", "the line dropped; trying again".
  const std::string& pause() const { return pause_; }
  bool ended() const { return ended_; }

 private:
  Row& row(const std::string& name);
  Row& begin(const std::string& name, Time);
  Row* running();
  void apply(const event::Opened&, Time);
  void apply(const event::StepBegan&, Time);
  void apply(const event::StepDone&, Time);
  void apply(const event::Noted&, Time) {}  // the executor's own memory
  void apply(const event::Output&, Time);
  void apply(const event::Progressed&, Time);
  void apply(const event::Awaiting&, Time);
  void apply(const event::Heard&, Time);
  void apply(const event::StepFailed&, Time);
  void apply(const event::Recovering&, Time);
  void apply(const event::UndoBegan&, Time);
  void apply(const event::UndoDone&, Time);
  void apply(const event::UndoFailed&, Time);
  void apply(const event::Committed&, Time) {}  // the step that commits says it
  void apply(const event::Closed&, Time);

  std::string title_, subtitle_, pause_;
  std::string asked_;  // what the host asked of a controller last
  std::vector<Row> rows_;
  std::vector<TestRow> tests_;
  std::vector<std::string> notices_;
  std::chrono::milliseconds host_is_behind_{0};  // this machine's clock minus the host's
  bool ended_ = false;
};

/// "1.2 of 8.3 MB", "step 4 of 12", "attempt 3 of 30": progress as words.
std::string progress_words(std::int64_t done, std::int64_t total, const std::string& unit);
/// What the host awaits from a controller (`what` of event::Awaiting), and that no answer came.
std::string waiting_words(std::string_view what);
std::string unanswered_words(std::string_view what);

}  // namespace belay::cli
