#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "control/agent.hpp"
#include "control/host_key.hpp"
#include "control/lifeline.hpp"
#include "control/way.hpp"
#include "model/config.hpp"

namespace belay {

/// How one host is reached: the private directory with the control socket, the agent with the key of
/// BELAY_SSH_KEY, the host key rule. Lives as long as the session and its reconnections. Every command line
/// of ssh is made here.
class SshAccess {
 public:
  /// Throws Error{exit code 2} for a destination that ssh would take for an option, or a bad key.
  /// `jump`: belay.yml's hosts on the way; if there are none, ssh's configuration says the way.
  SshAccess(const HostAddress&, const std::string& host_key, const std::vector<JumpHost>& jump,
            std::stop_token);

  const HostAddress& host() const { return host_; }
  const HostKeyRule& host_keys() const { return host_keys_; }
  const Way& way() const { return way_; }

  /// The one connection: an ssh that is the master and runs `remote_command` itself, so it ends with its
  /// stdin.
  Command connect(const std::string& remote_command) const;
  /// A program over that connection. It never opens a connection of its own.
  Command over_connection(const std::vector<std::string>& argv, bool terminal) const;
  /// The same for rsync's -e, which adds the destination and the command.
  std::string remote_shell() const;
  /// Forgets the socket of a dead master, so that the next one can take the name, and what was noted of it.
  void forget_connection() const;

 private:
  std::vector<std::string> client() const;
  std::string socket() const { return (life_.directory() / "ssh").string(); }

  HostAddress host_;
  Lifeline life_;
  std::optional<PrivateAgent> agent_;
  SshSettings settings_;
  Way way_;
  HostKeyRule host_keys_;
};

}  // namespace belay
