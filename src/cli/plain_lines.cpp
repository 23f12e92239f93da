#include "cli/plain_lines.hpp"

#include <fmt/core.h>

#include "base/human.hpp"
#include "cli/board.hpp"
#include "cli/origin_text.hpp"
#include "cli/text_width.hpp"
#include "model/hook.hpp"

namespace belay::cli {
namespace {

std::string with(const std::string& lead, const std::string& detail) {
  return detail.empty() ? lead : lead + ": " + detail;
}

}  // namespace

PlainLines::PlainLines(Output& out, Style style, Platform* platform, std::function<Time()> clock)
    : out_(out),
      style_(style),
      platform_(platform),
      clock_(std::move(clock)),
      started_(clock_()),
      at_(started_) {}

PlainLines::~PlainLines() {
  close_group();
}

void PlainLines::put(const std::string& line) {
  out_.write(platform_ ? platform_->as_text(line) : line);
}

void PlainLines::say(const std::string& text) {
  const auto elapsed = std::max(at_ - started_, std::chrono::milliseconds(0));
  put(style_.dim(right_aligned(human_duration(elapsed), 11)) + "  " + text + "\n");
}

void PlainLines::quote(const std::string& line) {
  const std::string text = printable(line);
  put(fmt::format("{:13}{}{}\n", "", style_.dim(style_.rule()), text.empty() ? "" : " " + text));
}

void PlainLines::open_group(const std::string& title) {
  if (!platform_) return;
  close_group();
  out_.write(platform_->fold_begins(title, at_));
  grouped_ = true;
}

void PlainLines::close_group() {
  if (grouped_) out_.write(platform_->fold_ends(at_));
  grouped_ = false;
}

void PlainLines::annotate(Annotation::Level level, const std::string& title, const std::string& message) {
  if (platform_) out_.write(platform_->annotated({.level = level, .title = title, .message = message}));
}

// ---- the controller's part

void PlainLines::gate_began(const Commit& commit, int commands) {
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  open_group("test");
  say(fmt::format("test: {} on {}{} {}", counted(static_cast<std::size_t>(commands), "command"),
                  commit.dirty ? "the working tree, based on " : "", commit.abbreviated(),
                  printable(commit.subject)));
}

void PlainLines::gate_skipped() {
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  say("test: skipped (--skip-test)");
}

void PlainLines::test_began(int number, const std::string& command) {
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  tests_[number] = command;
  say(fmt::format("test {}: {}", number, printable(command)));
}

void PlainLines::test_said(int number, const std::string& line) {
  const std::lock_guard lock(mutex_);
  quote(tests_.size() > 1 ? fmt::format("{}: {}", number, line) : line);
}

void PlainLines::test_ended(int number, const std::string& command, bool ok, std::chrono::milliseconds took,
                            const std::string& log_file) {
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  if (ok) return say(fmt::format("test {}: passed in {}", number, human_duration(took)));
  close_group();  // a folded group still shows what failed
  say(fmt::format("test {}: {} after {}: {}{}", number, style_.red("FAILED"), human_duration(took),
                  printable(command), log_file.empty() ? "" : "; all of it: " + log_file));
}

void PlainLines::gate_ended(const GateResult& result) {
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  say(fmt::format("test: over after {}", human_duration(result.took)));
  close_group();
}

void PlainLines::local_build_began(int commands) {
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  open_group("build here");
  say(fmt::format("build here: {}", counted(static_cast<std::size_t>(commands), "command")));
}

void PlainLines::local_build_said(const std::string& line) {
  const std::lock_guard lock(mutex_);
  quote(line);
}

void PlainLines::local_build_ended(const BuiltHere& built, std::chrono::milliseconds took) {
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  say(fmt::format("build here: over after {}; {}", human_duration(took), built_text(built)));
  close_group();
}

void PlainLines::connecting(const std::string& host) {
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  say("connecting to " + host);
}

void PlainLines::connected(const wire::Hello& hello) {
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  host_is_behind_ = at_ - hello.clock;
  say(fmt::format("connected to {} (belay {}, {})", hello.hostname, hello.version, hello.architecture));
}

void PlainLines::shipping_binary(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  say(fmt::format("sending belay itself to the host, {}", human_bytes(bytes)));
}

void PlainLines::reconnecting(int attempt, const std::string& why) {
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  say(fmt::format("the line dropped ({}); the host goes on by itself; connecting again, attempt {}",
                  printable(why), attempt));
}

void PlainLines::held(const wire::Held& held) {
  if (!held.waiting) return;  // the error says it
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  say(fmt::format("waiting: {} holds the environment since {}{}", held.by, iso8601(held.since),
                  held.run.empty() ? "" : fmt::format(" (run {})", held.run)));
}

void PlainLines::transferring(StepName step, std::uint64_t bytes, int percent) {
  const std::lock_guard lock(mutex_);
  if (percent < transferred_) transferred_ = 0;  // another transfer
  if (percent < transferred_ + 25) return;
  at_ = clock_();
  transferred_ = percent;
  say(fmt::format("{}: {} sent, {} %", to_string(step), human_bytes(bytes), percent));
}

void PlainLines::build_said(const std::string& line) {
  const std::lock_guard lock(mutex_);
  quote(line);
}

void PlainLines::hook_said(StepName, const std::string& line) {
  const std::lock_guard lock(mutex_);
  quote(line);
}

void PlainLines::asked_from_here(int attempt, int attempts, const std::string& finding) {
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  say(fmt::format("verify: from here, attempt {} of {}: {}", attempt, attempts, printable(finding)));
}

void PlainLines::notice(const std::string& text) {
  const std::lock_guard lock(mutex_);
  at_ = clock_();
  say(style_.yellow("note: ") + text);
  annotate(Annotation::Level::warning, "belay", text);
}

// ---- the host's part

void PlainLines::record(const Record& record) {
  const std::lock_guard lock(mutex_);
  at_ = std::min(record.at + host_is_behind_, clock_());
  if (std::holds_alternative<event::Opened>(record.event))
    started_ = std::min(started_, at_);  // attached later
  std::visit([this](const auto& event) { show(event); }, record.event);
}

void PlainLines::show(const event::Opened& opened) {
  const Plan& plan = opened.plan;
  const std::string before =
      opened.previous.empty() ? "no release of belay's serves here yet" : "now serves " + opened.previous;
  if (plan.kind == Plan::Kind::rollback)
    say(fmt::format("rolling {} back on {}{}; {}", plan.app, plan.environment.name,
                    plan.release.empty() ? "" : " to " + plan.release, before));
  else if (plan.kind == Plan::Kind::redeploy)
    say(fmt::format("rolling {} back on {} to the code of {}, with today's environment; {}", plan.app,
                    plan.environment.name, plan.code_of, before));
  else
    say(fmt::format("deploying {} to {} as {}; {}", plan.app, plan.environment.name, opened.run, before));
}

void PlainLines::show(const event::StepBegan& began) {
  const std::string step = to_string(began.step);
  open_group(step);
  say(style_.bold(step));
}

void PlainLines::show(const event::StepDone& done) {
  close_group();  // a folded group still shows how it ended
  say(with(fmt::format("{}: {} in {}", to_string(done.step), style_.green("done"), human_duration(done.took)),
           done.summary));
}

void PlainLines::show(const event::Output& output) {
  quote(output.line);
}

void PlainLines::show(const event::Progressed& progress) {
  // Bytes and build steps move too fast for a log; each attempt is news.
  if (progress.unit == "attempts")
    say(fmt::format("{}: {}", to_string(progress.step),
                    progress_words(progress.done, progress.total, progress.unit)));
}

void PlainLines::show(const event::Awaiting& awaiting) {
  asked_ = awaiting.what;
  if (awaiting.what.starts_with("confirmation"))
    say("verify: the public address is asked from outside: " + awaiting.detail);
}

void PlainLines::show(const event::Heard& heard) {
  // The step's own lines and its end say what came of its source and its hooks.
  if ((is_errand_of_source(heard.what) && heard.ok) || is_errand_of_hook(heard.what)) return;
  if (heard.what == "nobody") return say(unanswered_words(asked_));
  say(with(fmt::format("{}: {}", heard.what, heard.ok ? "ok" : style_.red("not ok")),
           printable(heard.detail)));
}

void PlainLines::show(const event::StepFailed& failed) {
  const std::string step = to_string(failed.step);
  close_group();
  say(fmt::format("{}: {}: {}", step, style_.red("FAILED"), printable(failed.message)));
  annotate(Annotation::Level::error, step + " failed",
           failed.why.empty() ? failed.message : failed.message + "\n" + failed.why);
}

void PlainLines::show(const event::Recovering& recovering) {
  say(style_.yellow("note: ") +
      fmt::format("the process that ran this deployment died; the {} goes on with it", recovering.by));
}

void PlainLines::show(const event::UndoBegan& undo) {
  say(fmt::format("undo {}", to_string(undo.step)));
}

void PlainLines::show(const event::UndoDone& undo) {
  say(with(fmt::format("undo {}: done", to_string(undo.step)), undo.summary));
}

void PlainLines::show(const event::UndoFailed& undo) {
  say(fmt::format("undo {}: {}: {}", to_string(undo.step), style_.red("FAILED"), printable(undo.message)));
  if (!undo.why.empty()) quote(undo.why);
  annotate(Annotation::Level::error, "undo of " + to_string(undo.step) + " failed", undo.message);
}

void PlainLines::show(const event::Committed& committed) {
  say("committed: from here the deployment only goes forward, to " + committed.release);
}

void PlainLines::show(const event::Closed& closed) {
  close_group();
  say(with("over", to_string(closed.outcome)));
}

}  // namespace belay::cli
