#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/error.hpp"
#include "model/journal_record.hpp"
#include "model/wire.hpp"

namespace belay {

/// Sees what happens during a command, in order, from one thread at a time: the terminal view, the plain
/// lines and --json are its implementations. The gate and the connection are the controller's own; everything
/// on the host arrives as the journal's records.
class Watcher {
 public:
  virtual ~Watcher() = default;

  /// Called when it changes whether the run goes on without this process: yes from the order to begin on, no
  /// while the order waits for another deployment. Who ends this process goes by it.
  std::function<void(bool)> goes_on_alone = [](bool) {};

  /// Called when it is known which commit is deployed, before anything of it runs.
  std::function<void(const Commit&)> source_found = [](const Commit&) {};

  // ---- the gate
  virtual void gate_began(const Commit&, int commands) = 0;
  virtual void gate_skipped() = 0;
  virtual void test_began(int number, const std::string& command) = 0;
  virtual void test_said(int number, const std::string& line) = 0;
  virtual void test_ended(int number, const std::string& command, bool ok, std::chrono::milliseconds took,
                          const std::string& log_file) = 0;
  virtual void gate_ended(const GateResult&) = 0;

  // ---- build.local
  virtual void local_build_began(int commands) = 0;
  /// A command, behind "$ ", or a line that it printed.
  virtual void local_build_said(const std::string& line) = 0;
  /// All commands succeeded, and this goes into the release.
  virtual void local_build_ended(const BuiltHere&, std::chrono::milliseconds took) = 0;

  // ---- the connection
  virtual void connecting(const std::string& host) = 0;
  virtual void connected(const wire::Hello&) = 0;
  virtual void shipping_binary(std::uint64_t bytes) = 0;
  /// The line dropped; trying again (attempt counted from 1).
  virtual void reconnecting(int attempt, const std::string& why) = 0;

  // ---- the host
  virtual void held(const wire::Held&) = 0;
  virtual void record(const Record&) = 0;
  /// rsync's progress in this step, which only the controller sees.
  virtual void transferring(StepName, std::uint64_t bytes, int percent) = 0;
  /// A line of the builder's, where images are built here.
  virtual void build_said(const std::string& line) = 0;
  /// A line of a hook that runs here.
  virtual void hook_said(StepName, const std::string& line) = 0;
  /// An attempt on the public URL from here.
  virtual void asked_from_here(int attempt, int attempts, const std::string& finding) = 0;
  /// Something the user should know: "--dirty: the working tree is shipped, not a commit".
  virtual void notice(const std::string&) = 0;
};

}  // namespace belay
