#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "steps/step.hpp"

namespace belay::testing {

/// What a journal remembers, for as long as a test: a step's notes and its end.
class MemoryLedger : public Ledger {
 public:
  void note(StepName step, const std::string& key, boost::json::value value) override;
  bool taken_up_again() const override { return false; }
  void acts_come_first() override {}
  std::optional<boost::json::value> noted(StepName step, const std::string& key) const override;
  bool done(StepName step) const override { return done_.contains(step); }
  bool ended(StepName step) const override { return done(step) || failed_.contains(step); }
  /// The watch of the candidates calls it from its own thread.
  void output(StepName, const std::string& line) override {
    const std::scoped_lock lock(mutex_);
    lines.push_back(line);
  }
  void progress(StepName, std::int64_t, std::int64_t, const std::string&) override {}
  std::optional<std::string> asked_for(const std::string&) override { return {}; }
  ControllerReply ask_controller(const std::string&, const std::string&, std::chrono::milliseconds,
                                 std::stop_token) override {
    return {{.what = "nobody", .ok = false, .detail = "no controller is connected"}};
  }
  void report_done(StepName step) { done_.insert(step); }
  void report_failed(StepName step) { failed_.insert(step); }

  std::vector<std::string> lines;

 private:
  std::mutex mutex_;
  std::map<std::pair<StepName, std::string>, std::string> notes_;  // as JSON, as on a disk
  std::set<StepName> done_, failed_;
};

/// One attempt at a release, as the executor would hold it; another may be made over the same journal, as
/// after a death.
struct Attempt {
  Plan plan;
  MemoryLedger ledger;
  std::unique_ptr<Context> context;

  std::string apply(StepName);
  std::string undo(StepName);
  void apply_all(const std::vector<StepName>&);
  /// What another process goes on with: a context made of what the journal holds, and nothing else.
  void die();
};

/// An environment of this machine with an Engine of its own names: all that is called belay-steps-<nonce> is
/// removed at the end.
class Host {
 public:
  Host();
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  docker::Engine engine = docker::Engine::connect();
  fs::path live() const { return directory_.path(); }
  Layout layout() const { return Layout{live()}; }
  ReleaseStore store() const { return ReleaseStore(layout()); }
  const std::string& name() const { return name_; }  // of the project, its image and its container

  /// The compose file of a service `web` that runs `script`; `more` is added to it as YAML.
  std::string compose(const std::string& script, const std::string& more = {}) const;
  /// An attempt whose source holds that compose file.
  std::unique_ptr<Attempt> deploy(const std::string& release, const std::string& compose_file) const;
  std::unique_ptr<Attempt> go_back_to(const std::string& release) const;
  /// A release `id` of the code of a kept one.
  std::unique_ptr<Attempt> with_current_environment(const std::string& id, const std::string& kept) const;

  /// What an operator types in the live directory; its output.
  std::string by_hand(const std::vector<std::string>& compose_arguments) const;
  std::vector<std::string> containers() const;  // names, sorted
  std::string id_of(const std::string& name) const;
  std::vector<std::string> tags() const;  // of this host's image, sorted

 private:
  std::unique_ptr<Attempt> attempt(Plan) const;

  std::string name_;
  TemporaryDirectory directory_{"belay-steps"};
};

/// All that leads up to a release that is about to serve.
std::vector<StepName> up_to(StepName last);
/// Waits until it holds; half a minute at the most (a guard against hanging, not a measure).
bool eventually(const std::function<bool()>&);

}  // namespace belay::testing
