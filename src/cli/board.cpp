#include "cli/board.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/human.hpp"
#include "cli/origin_text.hpp"
#include "cli/style.hpp"
#include "cli/text_width.hpp"
#include "model/hook.hpp"

namespace belay::cli {
namespace {

std::chrono::milliseconds between(Time from, Time to) {
  return std::max(to - from, std::chrono::milliseconds(0));
}

std::string first_line(const std::string& text) {
  return printable(text.substr(0, text.find('\n')));
}

}  // namespace

void Tail::add(const std::string& line) {
  std::string shown = printable(line);
  if (shown.find_first_not_of(' ') == std::string::npos) return;  // room is scarce
  lines_.push_back(std::move(shown));
  if (lines_.size() > kept) lines_.pop_front();
}

std::string waiting_words(std::string_view what) {
  if (is_errand_of_source(what)) return "waiting for the source";
  if (what.starts_with("images")) return "waiting for the images that are built where belay was started";
  if (what == "committed") return "waiting for the answer which files git knows";
  if (is_errand_of_hook(what)) return "a hook runs where belay was started";
  return "waiting for the answer from outside";
}

std::string unanswered_words(std::string_view what) {
  if (what.starts_with("confirmation")) return "no answer came from outside; the host asks the URL itself";
  if (what == "committed") return "no answer came: no file counts as known to git";
  if (is_errand_of_hook(what)) return "no answer came from the hook where belay was started";
  return "no answer came from where belay was started";
}

std::string progress_words(std::int64_t done, std::int64_t total, const std::string& unit) {
  const auto bytes = [](std::int64_t count) {
    return human_bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)));
  };
  if (unit == "bytes") return total > 0 ? fmt::format("{} of {}", bytes(done), bytes(total)) : bytes(done);
  const std::string one = unit.ends_with("s") ? unit.substr(0, unit.size() - 1) : unit;
  return total > 0 ? fmt::format("{} {} of {}", one, done, total) : fmt::format("{} {}", one, done);
}

Row& Board::row(const std::string& name) {
  const auto found = std::ranges::find(rows_, name, &Row::name);
  if (found != rows_.end()) return *found;
  rows_.push_back(Row{name, Mark::waiting, {}, {}, {}, {}, 0, 0, {}});
  return rows_.back();
}

Row& Board::begin(const std::string& name, Time at) {
  Row& begun = row(name);
  begun.mark = Mark::running;
  begun.began = at;
  pause_.clear();
  return begun;
}

Row* Board::running() {
  const auto found = std::ranges::find(rows_, Mark::running, &Row::mark);
  return found == rows_.end() ? nullptr : &*found;
}

// ---- the controller's part

void Board::gate_began(const Commit& commit, int commands, Time at) {
  subtitle_ =
      fmt::format("{} {}", commit.dirty ? "working tree on " + commit.abbreviated() : commit.abbreviated(),
                  commit.subject);
  begin("test", at).summary = counted(static_cast<std::size_t>(commands), "command");
}

void Board::gate_skipped(Time at) {
  Row& test = begin("test", at);
  test.mark = Mark::done;
  test.summary = "skipped (--skip-test)";
}

void Board::test_began(int number, const std::string& command, Time at) {
  const auto after = std::ranges::upper_bound(tests_, number, {}, &TestRow::number);
  tests_.insert(after, TestRow{number, command, Mark::running, at, {}, {}, {}});
}

void Board::test_said(int number, const std::string& line) {
  const auto test = std::ranges::find(tests_, number, &TestRow::number);
  if (test != tests_.end()) test->tail.add(line);
}

void Board::test_ended(int number, bool ok, std::chrono::milliseconds took, const std::string& log_file,
                       Time at) {
  const auto test = std::ranges::find(tests_, number, &TestRow::number);
  if (test == tests_.end()) return;
  test->mark = ok ? Mark::done : Mark::failed;
  test->took = took;
  test->log_file = log_file;
  Row& gate = row("test");
  if (ok || gate.mark == Mark::failed) return;
  gate.mark = Mark::failed;
  gate.took = between(gate.began, at);
}

void Board::gate_ended(const GateResult& result) {
  Row& test = row("test");
  if (test.mark == Mark::running) test.mark = Mark::done;
  test.took = result.took;
}

void Board::local_build_began(int commands, Time at) {
  begin(local_build_row, at).doing = counted(static_cast<std::size_t>(commands), "command");
}

void Board::local_build_said(const std::string& line) {
  row(local_build_row).tail.add(line);
}

void Board::local_build_ended(const BuiltHere& built, std::chrono::milliseconds took) {
  Row& build = row(local_build_row);
  build.mark = Mark::done;
  build.took = took;
  build.doing.clear();
  build.summary = built_text(built);
}

void Board::connecting(const std::string& host, Time at) {
  begin("connect", at).summary = host;
}

void Board::connected(const wire::Hello& hello, Time at) {
  Row& connect = row("connect");
  connect.mark = Mark::done;
  connect.took = between(connect.began, at);
  connect.doing.clear();
  connect.summary +=
      fmt::format("{}belay {}, {}", connect.summary.empty() ? "" : ": ", hello.version, hello.architecture);
  host_is_behind_ = at - hello.clock;
  pause_.clear();
}

void Board::shipping_binary(std::uint64_t bytes) {
  row("connect").doing = fmt::format("sending belay itself, {}", human_bytes(bytes));
}

void Board::reconnecting(int attempt, const std::string& why) {
  pause_ = fmt::format("The line dropped ({}). The host goes on by itself; connecting again, attempt {}",
                       first_line(why), attempt);
}

void Board::held(const wire::Held& held, Time at) {
  const auto since = between(held.since, at - host_is_behind_);
  pause_ = fmt::format("Waiting: {} holds the environment since {} ago{}", held.by, human_duration(since),
                       held.run.empty() ? "" : fmt::format(" (run {})", held.run));
}

void Board::transferring(StepName step, std::uint64_t bytes, int percent) {
  Row& sending = row(to_string(step));
  sending.amount = percent;
  sending.total = 100;
  sending.doing = fmt::format("{} sent, {} %", human_bytes(bytes), percent);
}

void Board::build_said(const std::string& line) {
  row(to_string(StepName::build)).tail.add(line);
}

void Board::hook_said(StepName step, const std::string& line) {
  row(to_string(step)).tail.add(line);
}

void Board::asked_from_here(int attempt, int attempts, const std::string& finding) {
  Row* verify = running();
  if (!verify) verify = &row(to_string(StepName::verify));
  verify->doing = fmt::format("from here, attempt {} of {}: {}", attempt, attempts, first_line(finding));
  verify->total = 0;
}

void Board::notice(const std::string& text) {
  notices_.push_back(text);
}

// ---- the host's part

void Board::record(const Record& record, Time at) {
  // What the host says happened then, happened so by this clock; never later than its news.
  const Time then = std::min(record.at + host_is_behind_, at);
  std::visit([&](const auto& event) { apply(event, then); }, record.event);
}

void Board::apply(const event::Opened& opened, Time) {
  const Plan& plan = opened.plan;
  title_ = plan.kind == Plan::Kind::deploy
               ? fmt::format("Deploying {} to {}", plan.app, plan.environment.name)
               : fmt::format("Rolling {} back on {}", plan.app, plan.environment.name);
  const std::string to =
      plan.kind == Plan::Kind::rollback && !plan.release.empty() ? plan.release : opened.run;
  subtitle_ = plan.commit.id.empty() ? to : fmt::format("{}  {}", to, plan.commit.subject);
  if (plan.kind == Plan::Kind::redeploy)
    notices_.push_back(fmt::format("The code of {}, with today's environment.", plan.code_of));
  if (plan.commit.dirty) notices_.push_back("The working tree is shipped as it is, not a commit.");
  if (opened.previous.empty()) notices_.push_back("No release of belay's serves here yet.");
  for (const StepName step : plan.steps) row(to_string(step));
  pause_.clear();
}

void Board::apply(const event::StepBegan& began, Time at) {
  begin(to_string(began.step), at);
}

void Board::apply(const event::StepDone& done, Time) {
  Row& step = row(to_string(done.step));
  step.mark = Mark::done;
  step.took = done.took;
  step.summary = done.summary;
}

void Board::apply(const event::Output& output, Time) {
  row(to_string(output.step)).tail.add(output.line);
}

void Board::apply(const event::Progressed& progress, Time) {
  Row& step = row(to_string(progress.step));
  step.amount = progress.done;
  step.total = progress.unit == "attempts" ? 0 : progress.total;  // attempts are not a way to go
  step.doing = progress_words(progress.done, progress.total, progress.unit);
}

void Board::apply(const event::Awaiting& awaiting, Time) {
  asked_ = awaiting.what;
  if (Row* step = running()) step->doing = waiting_words(asked_);
}

void Board::apply(const event::Heard& heard, Time) {
  Row* step = running();
  if (!step) return;
  if (heard.what == "nobody")
    step->doing = unanswered_words(asked_);
  else
    step->doing = is_errand_of_hook(heard.what) ? std::string{} : first_line(heard.detail);
  step->total = 0;
}

void Board::apply(const event::StepFailed& failed, Time at) {
  Row& step = row(to_string(failed.step));
  step.took = between(step.began, at);
  step.mark = Mark::failed;
  step.summary = failed.message;
}

void Board::apply(const event::Recovering& recovering, Time at) {
  if (Row* step = running()) {
    step->mark = Mark::failed;
    step->took = between(step->began, at);
    step->summary = "broken off";
    step->doing.clear();
  }
  notices_.push_back(
      fmt::format("The process that ran this deployment died; the {} goes on with it.", recovering.by));
}

void Board::apply(const event::UndoBegan& undo, Time at) {
  Row& step = row(to_string(undo.step));
  // A failed step stays marked as the one that failed: its undo shows in the words.
  if (step.mark != Mark::failed) step.mark = Mark::undoing;
  step.began = at;
  step.doing = "undoing";
}

void Board::apply(const event::UndoDone& undo, Time) {
  Row& step = row(to_string(undo.step));
  const std::string how = undo.summary.empty() ? "undone" : "undone: " + undo.summary;
  if (step.mark == Mark::failed)
    step.summary += "; " + how;
  else
    step.summary = how;
  if (step.mark != Mark::failed) step.mark = Mark::undone;
  step.doing.clear();
}

void Board::apply(const event::UndoFailed& undo, Time) {
  Row& step = row(to_string(undo.step));
  step.mark = Mark::undo_failed;
  step.summary = "could not be undone: " + undo.message;
  step.doing.clear();
}

void Board::apply(const event::Closed&, Time) {
  pause_.clear();
}

void Board::end(Time at) {
  ended_ = true;
  pause_.clear();
  for (Row& row : rows_) {
    if (row.mark == Mark::running || row.mark == Mark::undoing) {
      row.mark = Mark::failed;
      row.took = between(row.began, at);
      row.summary = row.summary.empty() ? "broken off" : row.summary + "; broken off";
    }
    row.doing.clear();
  }
  for (TestRow& test : tests_)
    if (test.mark == Mark::running) test.mark = Mark::waiting;  // cut off, neither good nor bad
}

}  // namespace belay::cli
