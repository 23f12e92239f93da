#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/background.hpp"
#include "drivers/docker.hpp"

namespace belay {

/// True if Docker starts a container with this policy again however it ended: "always", "unless-stopped".
bool is_kept_running(const std::string& restart_policy);

/// When a container that ended is to be started again: a compose `restart:`.
struct RestartRule {
  std::string policy = "no";  // no, on-failure, unless-stopped, always
  int maximum = 0;            // of on-failure: how often; 0: no limit
  bool allows(int exit_code, int deaths) const;
};

/// Watches containers on the Engine's event stream, so that a candidate that dies is noticed when it dies.
/// Stands before the first start and goes on until destroyed; survives a restart of the Engine, however long.
/// The Engine itself must not restart them (policy "no"): the watch does, as their rules say, and with the
/// Engine's pauses. It gives a container up that dies again and again in the same way (most_alike_deaths).
class ContainerWatch {
 public:
  /// So many deaths in a row, each with the same exit code and within ten seconds of its start, are a crash
  /// loop: the last one is final, unless something comes up that the container may be waiting for.
  static constexpr int most_alike_deaths = 5;

  struct Death {
    std::string id, how;             // "exited with code 1", "killed: out of memory", …
    std::optional<int> exit_code{};  // of a container that ended; empty: it was removed, or is unhealthy
    int number = 1;                  // how many of this container there were
  };
  struct Rules {
    std::map<std::string, RestartRule> restarts{};  // by container id; without one: "no"
    std::set<std::string> may_end{};                // an end of theirs with exit code 0 is no death
    std::map<std::string, Time> ended{};            // lives, by their begin, that had ended before: no deaths
    /// Whether something comes up that this container may be waiting for. Called on the watch's thread;
    /// without it nothing does.
    std::function<bool(const std::string& id)> may_wait{};
    /// Called on the watch's thread after a death that is not final, before the next start.
    std::function<void(const Death&)> told{};
  };

  /// Returns when the stream stands: what happens from now on is seen. An Engine that is away is waited for
  /// as its patience says.
  ContainerWatch(docker::Engine, std::vector<std::string> ids, Rules);
  /// Each death is final.
  ContainerWatch(docker::Engine engine, std::vector<std::string> ids)
      : ContainerWatch(std::move(engine), std::move(ids), Rules()) {}
  ~ContainerWatch();
  ContainerWatch(const ContainerWatch&) = delete;
  ContainerWatch& operator=(const ContainerWatch&) = delete;

  /// The first final death, if any.
  std::optional<Death> death() const;
  /// The last death of this container, final or not: its number says how many there were.
  std::optional<Death> last_death_of(const std::string& id) const;
  /// Requested when a watched container dies for good: whatever waits on it wakes.
  std::stop_token died() const { return died_.get_token(); }
  /// The candidates are ready: from now on each death is final, and so is one whose restart is still to come.
  void restart_no_more();

 private:
  void wait_until_it_stands();
  void follow(const std::stop_token&);
  void seen(const docker::Event&, const std::stop_token&);
  void look_once(const std::stop_token&);
  void ended(const std::string& id, int exit_code, const std::stop_token&);
  bool is_hopeless(const Death&, Time life);
  void start_again(const Death&, std::chrono::milliseconds pause_before, const std::stop_token&);
  std::string how_it_ended(const std::string& id, int exit_code);
  void report(Death);

  docker::Engine engine_;   // of the following thread: it connects again by itself
  docker::Engine patient_;  // of the constructor
  std::set<std::string> ids_;
  Rules rules_;
  std::atomic<bool> restart_{true};
  std::atomic<bool> away_{false};  // the Engine could not be reached when last tried
  std::stop_source stands_;        // requested when the stream stands
  // Of the following thread alone.
  std::set<std::string> out_of_memory_;
  struct Loop {  // deaths in a row that are alike
    int exit_code = 0, number = 0;
  };
  std::map<std::string, Loop> loops_;
  std::map<std::string, std::chrono::milliseconds> pauses_;  // before the next start
  std::map<std::string, Time> last_counted_;                 // when the life began whose end was counted last
  std::int64_t last_event_nano_ = 0;

  mutable std::mutex mutex_;
  std::optional<Death> death_;                // guarded by mutex_
  std::map<std::string, Death> last_deaths_;  // guarded by mutex_
  std::map<std::string, Death> down_;         // guarded by mutex_; to be started again
  std::stop_source died_;
  std::map<std::string, Background> starting_again_;  // by container id; of the following thread alone
  Background following_;                              // last: it uses all of the above
};

}  // namespace belay
