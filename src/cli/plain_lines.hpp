#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "cli/platform.hpp"
#include "cli/terminal.hpp"
#include "control/watcher.hpp"

namespace belay::cli {

/// The view without a terminal (CI logs, pipes): one line per event with the time since the start, what steps
/// print indented under them. On a CI platform each step's output can be folded, and a failure is an
/// annotation. Every call is safe from any thread.
class PlainLines : public Watcher {
 public:
  /// `platform`: of the job that belay runs in; null: none. `clock` is asked at each event; tests give their
  /// own.
  PlainLines(Output&, Style, Platform* platform, std::function<Time()> clock = now);
  ~PlainLines() override;

  void gate_began(const Commit&, int commands) override;
  void gate_skipped() override;
  void test_began(int number, const std::string& command) override;
  void test_said(int number, const std::string& line) override;
  void test_ended(int number, const std::string& command, bool ok, std::chrono::milliseconds took,
                  const std::string& log_file) override;
  void gate_ended(const GateResult&) override;
  void local_build_began(int commands) override;
  void local_build_said(const std::string& line) override;
  void local_build_ended(const BuiltHere&, std::chrono::milliseconds took) override;
  void connecting(const std::string& host) override;
  void connected(const wire::Hello&) override;
  void shipping_binary(std::uint64_t bytes) override;
  void reconnecting(int attempt, const std::string& why) override;
  void held(const wire::Held&) override;
  void record(const Record&) override;
  void transferring(StepName, std::uint64_t bytes, int percent) override;
  void build_said(const std::string& line) override;
  void hook_said(StepName, const std::string& line) override;
  void asked_from_here(int attempt, int attempts, const std::string& finding) override;
  void notice(const std::string&) override;

 private:
  void put(const std::string& line);
  void say(const std::string& text);
  void quote(const std::string& line);
  void open_group(const std::string& title);
  void close_group();
  void annotate(Annotation::Level, const std::string& title, const std::string& message);
  void show(const event::Opened&);
  void show(const event::StepBegan&);
  void show(const event::StepDone&);
  void show(const event::Noted&) {}  // the executor's own memory
  void show(const event::Output&);
  void show(const event::Progressed&);
  void show(const event::Awaiting&);
  void show(const event::Heard&);
  void show(const event::StepFailed&);
  void show(const event::Recovering&);
  void show(const event::UndoBegan&);
  void show(const event::UndoDone&);
  void show(const event::UndoFailed&);
  void show(const event::Committed&);
  void show(const event::Closed&);

  Output& out_;
  Style style_;
  Platform* platform_;
  std::function<Time()> clock_;
  std::mutex mutex_;
  Time started_, at_;  // of the command; of the event being shown
  std::chrono::milliseconds host_is_behind_{0};
  std::map<int, std::string> tests_;
  std::string asked_;  // what the host asked of a controller last
  bool grouped_ = false;
  int transferred_ = 0;  // percent last said
};

}  // namespace belay::cli
