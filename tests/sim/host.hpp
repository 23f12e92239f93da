#pragma once

#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "dice.hpp"
#include "engine.hpp"
#include "faults.hpp"
#include "fibers.hpp"

namespace belay::sim {

/// Thrown by a port where the schedule ends the process. No std::exception: no catch of the program sees it.
struct Death {};

/// A process of the simulated host. Fibers that it started die with it.
struct Process {
  bool dead = false;
};

/// One simulated host: its clock, processes, disk and Engine, and what the schedule does to them. The ports'
/// bodies (ports.cpp) act on the host that is `here`. Files lie in a real directory, in memory; what a power
/// cut takes away is kept account of here.
class Host {
 public:
  Host(std::uint64_t seed, std::vector<Fault> faults);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  static Host& here();

  /// Each port calls it first, and says what it does to what. Returns false if this process has died and
  /// unwinds: then the port does nothing. Throws Death. `dies_here`: what a kill at this very call still does
  /// before it.
  bool enter(std::string_view act, std::string_view thing = {}, const std::function<void()>& dies_here = {});
  /// Lets that time pass, and others go on.
  void pass(std::chrono::milliseconds);
  /// Waits; throws Death if the process is dead then.
  void wait(const std::function<bool()>& ready, Fibers::Moment until);

  /// Throws Error if the disk is full, or this write is to fail.
  void write_to_disk(const fs::path&);
  bool disk_is_full() const { return disk_full_until_ > fibers.time(); }
  bool engine_is_away() const { return away_until_ > fibers.time(); }
  /// Whether this request is one on which the Engine hangs up or which it refuses; once.
  std::optional<Fault> take_engine_fault();
  bool power_is_cut() const { return power_cut_; }

  /// A process's body, in place. False: it died.
  bool run_process(const std::function<void()>& body);
  Process* process_of(int fiber);
  void set_process_of(int fiber, Process* process) { of_fiber_[fiber] = process; }

  /// The world is well again: disk, Engine. After a power cut the machine comes up.
  void heal();
  /// From here on, the schedule strikes no more.
  void leave_in_peace() { faults_.clear(); }
  /// A reboot in good order of things: what comes up by itself?
  void reboot();

  int calls() const { return calls_; }
  /// Whether somebody took down what serves when belay did not look after it: before it had noted what
  /// serves, once it had begun to close the run, or after its last look. Then what that left is theirs.
  bool is_theirs() const { return acted_unwatched_ || last_act_ > last_look_; }
  void looks_after_it() { watched_ = true; }
  void lets_go_of_it() {
    watched_ = false;
    acted_unwatched_ = is_theirs();
  }
  void looked() { last_look_ = calls_; }
  /// What happened, for whoever reads a schedule that broke the promise.
  std::vector<std::string> story;
  bool tells = false;
  void tell(const std::string& line);

  Dice dice;
  Fibers fibers;
  FakeEngine engine;
  std::map<fs::path, std::uint64_t> reserved, synced;       // of log files
  std::map<std::string, std::map<std::string, int>> hooks;  // by the run's nonce and the point: how often
  /// Who stops or removes what serves: set by the story.
  std::function<std::string()> one_that_serves;
  /// Lets somebody else type a command: set by the story.
  std::function<void(const Fault&)> another_person_comes;
  std::function<void()> somebody_asks_to_stop;

 private:
  void strike(const Fault&);

  std::vector<Fault> faults_;
  std::optional<Fault> engine_fault_;
  bool write_fails_ = false, power_cut_ = false;
  Fibers::Moment disk_full_until_{}, away_until_{};
  std::vector<Process*> processes_;
  std::map<int, Process*> of_fiber_;
  int calls_ = 0, last_act_ = 0, last_look_ = 0;
  bool watched_ = false, acted_unwatched_ = false;
};

}  // namespace belay::sim
