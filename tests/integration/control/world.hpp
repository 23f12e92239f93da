#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "../../unit/control/recording_watcher.hpp"
#include "../../unit/control/repository.hpp"
#include "base/error.hpp"
#include "control/session.hpp"
#include "drivers/own_state.hpp"
#include "sshd.hpp"

namespace belay::testing {

/// An sshd, a live directory on "that" host, and a client set up for it.
struct World {
  Sshd sshd{};
  Scratch host{};
  WithVariable config{"BELAY_SSH_CONFIG", sshd.client_config().string()};
  RecordingWatcher watcher{};
  EnvironmentConfig environment{};

  World();
  ~World() { remove_tree(state()); }
  fs::path live() const { return host / "srv/the shop"; }
  fs::path state() const { return own_state(live()); }
  Session open(Purpose purpose = Purpose::change) { return Session::open(environment, watcher, {}, purpose); }
  /// A file through which the test talks to the stand-in.
  void tell_stand_in(const std::string& file, const std::string& content) const {
    host.write("srv/the shop/stand-in/" + file, content);
  }
  /// Process ids of the sessions so far: each one and its parent (sshd's process for that connection).
  std::vector<std::pair<pid_t, pid_t>> sessions() const;
};

/// The Error that `body` throws; the test fails if it throws none.
Error error_of(const std::function<void()>& body);
bool holds(const std::string& text, const std::string& part);
/// Waits (at most 20 s) for a condition.
bool comes_true(const std::function<bool()>& condition);
bool lives(pid_t);

}  // namespace belay::testing
