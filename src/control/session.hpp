#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.hpp"
#include "control/watcher.hpp"
#include "model/config.hpp"
#include "model/wire.hpp"

namespace belay {

/// The one connection to a host: an ssh process that is ControlMaster and runs `belay host session` at once (or a
/// plain child for `local`). Ends with this object, and with this process even on SIGKILL: the far side sees end of file.
/// Everything throws Error naming host and step; bad host keys and failed logins have exit code 2.
class Session {
 public:
  /// Connects, checks the host key, ships this binary if the host lacks it, and reads the hello.
  static Session open(const EnvironmentConfig&, Watcher&, std::stop_token);
  ~Session();
  Session(Session&&) noexcept;

  const wire::Hello& hello() const;

  /// One question, one answer (host/session.hpp lists them). A wire::Failure becomes an Error.
  boost::json::value ask(const std::string& about, boost::json::object arguments, std::stop_token, Deadline);

  void send(const wire::ToHost&);
  /// The next message; pings are answered inside. Empty: the line is dead (end of file, or 15 s without a sign of life).
  std::optional<wire::ToController> receive(std::stop_token, Deadline);

  /// For rsync's -e over this same connection; empty for local.
  std::string remote_shell() const;
  /// `path` as rsync's destination: "destination:path", or the path itself for local.
  std::string rsync_target(const std::filesystem::path&) const;
  /// Runs a program on the host with this terminal (exec, logs -f) over the same connection; its exit code.
  int run_in_foreground(const std::vector<std::string>& argv, bool terminal, std::stop_token);

 private:
  struct Connection;
  explicit Session(std::unique_ptr<Connection>);
  std::unique_ptr<Connection> connection_;
};

}  // namespace belay
