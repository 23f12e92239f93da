#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "control/host_key.hpp"
#include "model/config.hpp"

namespace belay {

/// What became of one jump host.
struct HopEnd {
  KeyOfHost key;
  bool key_is_noted = false;  // it would be in `key`, had the host offered one
  std::string words;          // of its ssh, on stderr
};

/// The hosts on the way to another one. ssh's own ProxyJump starts an ssh that takes none of the first one's
/// options: no key, no limit of time, no pin. So belay starts each of them itself, as the ProxyCommand of the
/// next one: a small script in the connection's private directory, which also keeps what that ssh says.
class Way {
 public:
  struct Means {
    std::filesystem::path directory;             // private to this connection
    std::optional<std::filesystem::path> agent;  // the agent's socket with the key of BELAY_SSH_KEY
  };

  /// `hosts`: of belay.yml; if there are none, ssh's settings for the host say them. Throws Error{exit code
  /// 2} for a destination that ssh would take for an option, and where the way never ends.
  Way(const HostAddress& to, const std::vector<JumpHost>& hosts, const SshSettings&, const Means&,
      std::stop_token);

  /// Arguments of the ssh that goes to the host at the end. Empty: no host is on the way.
  std::vector<std::string> options() const;
  /// How long each next ssh waits for the first words of its host: longer than all before it, so that the one
  /// that fails is the one to blame.
  std::string patience() const;
  /// The nearest first.
  std::vector<HopEnd> ends() const;
  /// Forgets what became of them in a connection before.
  void forget() const;

 private:
  struct Hop {
    HostAddress host;
    HostKeyRule key;
    std::filesystem::path directory;
  };
  void add(const JumpHost&, const SshSettings&, const Means&, std::stop_token);

  std::string to_;
  std::vector<Hop> hops_{};
};

/// Throws Error{exit code 2} if ssh would take the destination for an option.
HostAddress checked_host(const HostAddress&);

}  // namespace belay
