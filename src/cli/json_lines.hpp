#pragma once

#include <mutex>

#include <boost/json/object.hpp>

#include "cli/terminal.hpp"
#include "control/watcher.hpp"

namespace belay::cli {

/// --json: one object per line and event, each with `type` and `at`; the journal's records as they are, with
/// their number `n`. docs/reference/events.md lists them. Every call is safe from any thread.
class JsonLines : public Watcher {
 public:
  explicit JsonLines(Output& out) : out_(out) {}

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
  void put(const char* type, const boost::json::object& fields);

  Output& out_;
  std::mutex mutex_;
};

}  // namespace belay::cli
