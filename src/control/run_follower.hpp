#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "control/build_here.hpp"
#include "control/deployment.hpp"
#include "control/errand.hpp"
#include "control/session.hpp"
#include "control/shipped_tree.hpp"
#include "control/watcher.hpp"
#include "drivers/rsync.hpp"
#include "model/notes.hpp"

namespace belay {

/// The controller's part in a run that is on: shows its records, does the errands the host asks for, takes
/// the line up again when it drops, and passes a stop on. Everything it decides, it decides from the records.
class RunFollower {
 public:
  struct Part {
    bool starts_it = false;  // we gave the order: a stop cancels the run, and its errands are done at once
    std::shared_ptr<const ShippedTree> source{};        // what is shipped when the host asks for it
    std::optional<std::filesystem::path> repository{};  // the source's, if it is in one
    std::filesystem::path directory{};                  // of belay.yml: where hooks run
  };
  RunFollower(Session&, const EnvironmentConfig&, Watcher&, Part);

  /// Until the Closed record. Throws Error if the host refuses (exit code 4: somebody else holds the
  /// environment), if the line stays dead, or, where the run is not ours to cancel, on stop.
  Ending follow(std::stop_token);

 private:
  void take(const wire::ToController&);
  void take(const wire::Held&);
  void take(const Record&);
  void note(const Event&);

  void begin_errand();
  void end_errand();
  Errand::Result send_source(const event::Awaiting&, std::stop_token);
  Errand::Result send_by_rsync(const event::Awaiting&, std::stop_token);
  Errand::Result send_images(const event::Awaiting&, std::stop_token);
  rsync::ProgressSink progress_of(StepName);
  BuildHere::Watched build_watched();
  Errand::Result tell_what_was_committed(const event::Awaiting&, std::stop_token);
  Errand::Result run_hook(const Hook&, const event::Awaiting&, std::stop_token);
  bool may_confirm(const std::string& url) const;
  Errand::Result confirm(const event::Awaiting&, std::stop_token);

  void on_stop();
  void cancel();
  void resume(const std::stop_token&);
  void connect_again(const std::stop_token&);

  template <class Telling>
  void tell(const Telling& telling) {
    const std::lock_guard lock(watching_);
    telling();
  }

  Session& session_;
  const EnvironmentConfig& environment_;
  Watcher& watcher_;
  std::mutex watching_;  // the watcher hears one thread at a time
  Part part_;

  Ending ending_;
  bool closed_ = false, waiting_ = false, stop_seen_ = false, cancel_sent_ = false;
  std::string nonce_, link_destination_;
  LinkedSource linked_{};
  std::uint64_t last_ = 0;

  std::optional<event::Awaiting> awaited_;  // the host still waits for it, as far as we have read
  std::optional<wire::Tell> told_;          // done, but the line died around it
  bool behind_ = false;                     // records from before now may still be on their way
  std::optional<BuildHere> images_;         // with `build: here`, once the host asks for them
  std::unique_ptr<Errand> errand_;

  SteadyClock::time_point connected_at_ = SteadyClock::now();
  Deadline give_up_ = Deadline::never();
};

}  // namespace belay
