#pragma once

#include "cli/terminal.hpp"
#include "control/watcher.hpp"

namespace belay::cli {

/// For the commands that only ask or look (status, logs, check …): says on stderr what keeps the user waiting
/// or should be known, and nothing else.
class QuietWatcher : public Watcher {
 public:
  QuietWatcher(Output& err, Style style) : err_(err), style_(style) {}

  void gate_began(const Commit&, int) override {}
  void gate_skipped() override {}
  void test_began(int, const std::string&) override {}
  void test_said(int, const std::string&) override {}
  void test_ended(int, const std::string&, bool, std::chrono::milliseconds, const std::string&) override {}
  void gate_ended(const GateResult&) override {}
  void local_build_began(int) override {}
  void local_build_said(const std::string&) override {}
  void local_build_ended(const BuiltHere&, std::chrono::milliseconds) override {}
  void connecting(const std::string&) override {}
  void connected(const wire::Hello&) override {}
  void shipping_binary(std::uint64_t bytes) override;
  void reconnecting(int attempt, const std::string& why) override;
  void held(const wire::Held&) override {}
  void record(const Record&) override {}
  void transferring(StepName, std::uint64_t, int) override {}
  void build_said(const std::string&) override {}
  void hook_said(StepName, const std::string&) override {}
  void asked_from_here(int, int, const std::string&) override {}
  void notice(const std::string&) override;

 private:
  Output& err_;
  Style style_;
};

}  // namespace belay::cli
