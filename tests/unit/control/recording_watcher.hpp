#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "control/watcher.hpp"

namespace belay::testing {

/// Keeps what it is told, each call as one line that begins with its name.
class RecordingWatcher : public Watcher {
 public:
  std::vector<std::string> lines{};
  /// Called with each line that is kept, by the thread that tells it: here a test acts at a sign.
  std::function<void(const std::string& line)> on_line{};

  int count(const std::string& beginning) const;
  /// The first line that begins so; empty if there is none.
  std::string first(const std::string& beginning) const;

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
  void keep(std::string line);
};

}  // namespace belay::testing
