#pragma once

#include <optional>
#include <string>

#include "../../unit/drivers/local_server.hpp"
#include "../../unit/drivers/scratch.hpp"
#include "base/process.hpp"
#include "model/config.hpp"

namespace belay::testing {

/// A real sshd on a loopback port, with keys, configuration and log of its own, for the user who runs the
/// tests; and the client's side: an ssh_config (for BELAY_SSH_CONFIG) with a key that may log in, and a
/// known_hosts.
class Sshd {
 public:
  Sshd();

  int port() const { return port_.number(); }
  HostAddress address() const;
  /// SHA256:… of the host key, as ssh-keygen prints it.
  std::string fingerprint() const;
  std::string known_hosts_line() const;
  /// Gives the host another key, as a reinstalled machine, or somebody in the middle, has.
  void change_host_key();
  void restart();
  /// Adds a line to its configuration, and restarts it.
  void set(const std::string& line);
  /// Whoever logs in has this login shell. As sshd does it, the shell gets the command behind -c.
  void set_login_shell(const std::string& shell);

  fs::path home() const { return scratch_ / "home"; }  // of whoever logs in
  fs::path client_config() const { return scratch_ / "ssh_config"; }
  fs::path known_hosts() const { return scratch_ / "known_hosts"; }
  fs::path private_key() const { return scratch_ / "id"; }
  fs::path host_key() const { return scratch_ / "host_key"; }
  /// A client's configuration without any key.
  fs::path keyless_config() const { return scratch_ / "ssh_config_keyless"; }

  std::string log() const;
  /// How many connections were made, and how many of them logged in.
  int connections() const { return count("Connection from "); }
  int logins() const { return count("Accepted publickey"); }

 private:
  int count(const std::string& words) const;
  void make_host_key() const;
  void start();

  Scratch scratch_;
  ReservedPort port_;
  std::optional<Child> sshd_;
};

}  // namespace belay::testing
