#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "base/deadline.hpp"
#include "base/process.hpp"
#include "control/bootstrap.hpp"
#include "control/host_key.hpp"
#include "control/line.hpp"
#include "control/watcher.hpp"
#include "model/config.hpp"
#include "model/masks.hpp"
#include "model/wire.hpp"

namespace belay {

/// The one connection to a host: an ssh process that is ControlMaster and runs `belay host session` at once
/// (or a plain child for `local`). Ends with this object, and with this process even on SIGKILL: the far side
/// sees end of file. A thread of its own keeps it alive with pings while nobody waits for messages.
/// Everything throws Error naming host and step; bad host keys and failed logins have exit code 2.
class Session {
 public:
  /// Connects, checks the host key, ships this binary if the host lacks it, and reads the hello. Ask for a
  /// look where nothing may be touched (check, plan, status …): an environment that was never deployed then
  /// stays as it is.
  static Session open(const EnvironmentConfig&, Watcher&, std::stop_token, Purpose = Purpose::change);
  ~Session();
  Session(Session&&) noexcept;

  const wire::Hello& hello() const;

  /// One question, one answer (docs/architecture.md lists them). A wire::Failure becomes an Error.
  boost::json::value ask(const std::string& about, boost::json::object arguments, std::stop_token, Deadline);

  /// A dead line is noticed by receive(), never here. Any thread may send.
  void send(const wire::ToHost&);
  /// The next message. `dead`: end of file, or 15 s without a sign of life.
  Received receive(std::stop_token, Deadline);
  /// Why the line is dead, with ssh's own last words.
  std::string why_dead();
  /// Connects anew, with the key and the rules it had. Throws Error like open(). Nothing else may use the
  /// session then.
  void reconnect(Watcher&, std::stop_token);

  /// Whose keys were believed: the hosts on the way, and the host itself, last. Empty for local.
  std::vector<KeyOfHost> host_keys() const;

  /// For rsync's -e over this same connection; empty for local.
  std::string remote_shell() const;
  /// `path` as rsync's destination: "destination:path", or the path itself for local.
  std::string rsync_target(const std::filesystem::path&) const;
  /// Runs a program on the host over the same connection, keeping what it prints.
  Captured capture_there(const std::vector<std::string>& argv, const std::string& input, std::stop_token,
                         Deadline);
  /// Runs a program on the host with this terminal (exec, logs -f) over the same connection; its exit code.
  int run_in_foreground(const std::vector<std::string>& argv, bool terminal, std::stop_token,
                        const Masks& = {});

 private:
  struct Connection;
  explicit Session(std::unique_ptr<Connection>);
  std::unique_ptr<Connection> connection_;
};

}  // namespace belay
