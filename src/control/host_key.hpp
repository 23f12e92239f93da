#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "control/offered_key.hpp"
#include "control/ssh_settings.hpp"
#include "model/config.hpp"

namespace belay {

/// Which host keys are believed. With `host_key:` in belay.yml that fingerprint alone decides; without it the
/// user's known_hosts does. Either way ssh runs this program as its KnownHostsCommand and thereby tells it
/// the key that the host offered, in the one connection there is; so a refusal can print the fingerprint and
/// the line to add.

/// How one host is reached: what its rule has to know of ssh.
struct Reached {
  const SshSettings& settings;
  const std::vector<std::string>& proxy;  // options of ssh: through which host before it; empty: none
};

/// The host-key rule of one host, as options for ssh.
class HostKeyRule {
 public:
  /// `directory` is private to this host and connection. For an ssh older than 8.5 a pinned key is asked for
  /// first: by ssh-keyscan, or, behind other hosts, by a connection that ends before its login.
  HostKeyRule(const HostAddress&, std::string pin, const Reached&, const std::filesystem::path& directory,
              std::stop_token);

  /// Arguments of ssh.
  const std::vector<std::string>& options() const { return options_; }
  const std::string& pin() const { return pin_; }
  /// The key that ssh was offered last, if it was noted.
  std::optional<OfferedKey> offered() const;
  /// Forgets what was noted of a connection before.
  void forget() const;
  /// Whether an offered key is noted: not by an old ssh, nor where the user's own KnownHostsCommand decides.
  bool notes() const { return notes_; }

 private:
  std::string pin_;
  std::filesystem::path record_;
  bool notes_ = false;
  std::vector<std::string> options_;
};

/// One host whose key was looked at.
struct KeyOfHost {
  std::string host;   // as the user wrote it
  std::string pin{};  // host_key, if configured
  std::optional<OfferedKey> offered{};
  std::string jump_to{};  // of a jump host: the host behind it
};

/// What a refused host key is told as. `words` are ssh's own.
Error refused_host_key(const KeyOfHost&, const std::string& words);

/// The line of belay.yml that pins an offered key, the authority's too where it has a certificate.
std::string pinning_line(const KeyOfHost&);

}  // namespace belay
