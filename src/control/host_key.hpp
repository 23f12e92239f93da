#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/config.hpp"

namespace belay {

/// Which host keys are believed. With `host_key:` in belay.yml that fingerprint alone decides; without it the
/// user's known_hosts does. Either way ssh runs this program as its KnownHostsCommand and thereby tells it
/// the key that the host offered, in the one connection there is; so a refusal can print the fingerprint and
/// the line to add.

/// A key that a host offered.
struct OfferedKey {
  std::string type;  // ssh-ed25519
  std::string key;   // base64
  std::string host;  // as known_hosts names it: "example.org" or "[example.org]:2222"

  std::string fingerprint() const;
  std::string known_hosts_line() const { return host + " " + type + " " + key; }
};

/// What to believe of an offered key: a known_hosts line if `pin` is its fingerprint, else nothing. `reason`
/// is ssh's %I: in ORDER nothing was offered yet.
std::string known_hosts_answer(const std::string& pin, const std::string& reason, const OfferedKey&);

/// `belay internal known-host RECORD PIN REASON TYPE KEY HOST`, run by ssh. Notes the offered key in the file
/// RECORD and prints a known_hosts line if its fingerprint is PIN ("-": nothing is pinned, and nothing
/// printed).
int known_host_command(const std::vector<std::string>& arguments);

/// The keys noted in RECORD; none if ssh never got that far.
std::vector<OfferedKey> offered_keys(const std::filesystem::path& record);

/// The host-key rule of one environment, as options for ssh.
class HostKeyRule {
 public:
  /// `directory` is private to this connection. For an ssh older than 8.5, which has no KnownHostsCommand, a
  /// pinned key is fetched with ssh-keyscan.
  HostKeyRule(const HostAddress&, std::string pin, std::filesystem::path directory, std::stop_token);

  /// Arguments of ssh.
  const std::vector<std::string>& options() const { return options_; }
  const std::string& pin() const { return pin_; }
  /// The host on the way there, as ssh's ProxyJump names it; empty: none.
  const std::string& jump() const { return jump_; }
  /// The key that ssh was offered last, if it was noted. A jump host's key is not.
  std::optional<OfferedKey> offered() const;

 private:
  std::string pin_, jump_{};
  std::filesystem::path record_, known_hosts_;
  std::vector<std::string> options_;
};

/// What a refused host key is told as. `words` are ssh's own.
Error refused_host_key(const std::string& host, const std::string& pin, const std::optional<OfferedKey>&,
                       const std::string& words);

/// "OpenSSH_9.2p1 …" → {9, 2}; {0, 0} if it is none.
std::pair<int, int> openssh_version(const std::string& text);

}  // namespace belay
