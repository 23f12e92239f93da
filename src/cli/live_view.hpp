#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "cli/board.hpp"
#include "cli/terminal.hpp"
#include "control/watcher.hpp"

namespace belay::cli {

/// The view on a terminal that can move its cursor: the board, drawn again and again by a thread of its own
/// (at most 15 times a second), over the picture before. The last picture stays. The terminal's size is asked
/// for each time; the cursor stays visible and below the picture, so that a killed belay leaves a clean
/// terminal. Every call is safe from any thread.
class LiveView : public Watcher {
 public:
  LiveView(Output&, Style, std::string asked_for);
  ~LiveView() override;  // draws the last picture

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
  template <class Change>
  void change(Change&&);
  void draw(const std::vector<std::string>& lines, int columns);

  Output& out_;
  Style style_;
  std::mutex mutex_;
  Board board_;             // guarded by mutex_
  std::vector<int> drawn_;  // widths of the lines on the screen; the drawing thread's, then the destructor's
  std::jthread drawing_;
};

}  // namespace belay::cli
