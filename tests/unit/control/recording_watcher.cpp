#include "recording_watcher.hpp"

#include <fmt/core.h>

namespace belay::testing {

int RecordingWatcher::count(const std::string& beginning) const {
  return static_cast<int>(
      std::ranges::count_if(lines, [&](const std::string& line) { return line.starts_with(beginning); }));
}

std::string RecordingWatcher::first(const std::string& beginning) const {
  const auto found =
      std::ranges::find_if(lines, [&](const std::string& line) { return line.starts_with(beginning); });
  return found == lines.end() ? "" : *found;
}

void RecordingWatcher::keep(std::string line) {
  lines.push_back(std::move(line));
  if (on_line) on_line(lines.back());
}

void RecordingWatcher::gate_began(const Commit& commit, int commands) {
  keep(fmt::format("gate_began {} {}", commit.id, commands));
}
void RecordingWatcher::gate_skipped() {
  keep("gate_skipped");
}
void RecordingWatcher::test_began(int number, const std::string& command) {
  keep(fmt::format("test_began {} {}", number, command));
}
void RecordingWatcher::test_said(int number, const std::string& line) {
  keep(fmt::format("test_said {} {}", number, line));
}
void RecordingWatcher::test_ended(int number, const std::string& command, bool ok, std::chrono::milliseconds,
                                  const std::string& log_file) {
  keep(fmt::format("test_ended {} {} {} {}", number, ok ? "ok" : "failed", command, log_file));
}
void RecordingWatcher::gate_ended(const GateResult& result) {
  keep(fmt::format("gate_ended {}", result.commands));
}
void RecordingWatcher::local_build_began(int commands) {
  keep(fmt::format("local_build_began {}", commands));
}
void RecordingWatcher::local_build_said(const std::string& line) {
  keep("local_build_said " + line);
}
void RecordingWatcher::local_build_ended(const BuiltHere& built, std::chrono::milliseconds) {
  keep(fmt::format("local_build_ended {}", built.files));
}
void RecordingWatcher::connecting(const std::string& host) {
  keep("connecting " + host);
}
void RecordingWatcher::connected(const wire::Hello& hello) {
  keep("connected " + hello.hostname);
}
void RecordingWatcher::shipping_binary(std::uint64_t bytes) {
  keep(fmt::format("shipping_binary {}", bytes));
}
void RecordingWatcher::reconnecting(int attempt, const std::string& why) {
  keep(fmt::format("reconnecting {} {}", attempt, why));
}
void RecordingWatcher::held(const wire::Held& held) {
  keep(fmt::format("held {} {}", held.waiting ? "waiting" : "refused", held.by));
}
void RecordingWatcher::record(const Record& record) {
  keep(fmt::format("record {} {}", record.number, type_of(record.event)));
}
void RecordingWatcher::hook_said(StepName step, const std::string& line) {
  keep("hook_said " + to_string(step) + " " + line);
}
void RecordingWatcher::build_said(const std::string& line) {
  keep("build_said " + line);
}
void RecordingWatcher::transferring(StepName step, std::uint64_t bytes, int percent) {
  keep(fmt::format("transferring {} {} {}", to_string(step), bytes, percent));
}
void RecordingWatcher::asked_from_here(int attempt, int attempts, const std::string& finding) {
  keep(fmt::format("asked_from_here {} of {}: {}", attempt, attempts, finding));
}
void RecordingWatcher::notice(const std::string& text) {
  keep("notice " + text);
}

}  // namespace belay::testing
