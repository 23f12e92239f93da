#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "model/config.hpp"

namespace belay {

/// `ssh` and the configuration file to use, if the environment names other ones: BELAY_SSH (the program) and
/// BELAY_SSH_CONFIG (as -F).
std::vector<std::string> ssh_program();

/// What ssh makes of its configuration for one host.
class SshSettings {
 public:
  /// Asks `ssh -G`. Throws Error{exit code 2} with its words.
  SshSettings(const HostAddress&, std::stop_token);

  /// The value of one setting, whose name is in small letters; empty if it is not there.
  std::string at(const std::string& name) const;
  /// Whether this ssh has KnownHostsCommand: OpenSSH 8.5 and newer.
  bool has_known_hosts_command() const;
  /// The hosts of ProxyJump, the nearest first.
  std::vector<HostAddress> jump_hosts() const;

 private:
  std::string name_, text_;  // the host as ssh was given it, without a user
};

/// A host of ProxyJump, as `ssh -G` writes it: user@host:port, with brackets around an address.
HostAddress jump_host_from(const std::string&);

}  // namespace belay
