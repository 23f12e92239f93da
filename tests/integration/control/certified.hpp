#pragma once

#include <string>

#include "sshd.hpp"

namespace belay::testing {

/// Whoever signs hosts' keys.
class Authority {
 public:
  Authority();

  std::string fingerprint() const;
  /// The line of known_hosts that believes all that it signs.
  std::string known_hosts_line() const;
  /// Signs the host's key for `name`, valid for the time that ssh-keygen -V takes, and has sshd offer the
  /// certificate.
  void certify(Sshd&, const std::string& name = "127.0.0.1",
               const std::string& valid = "always:forever") const;

 private:
  fs::path key() const { return scratch_ / "authority"; }

  Scratch scratch_;
};

/// The fingerprint of a public key's file, as ssh-keygen prints it.
std::string fingerprint_in(const fs::path& public_key);

}  // namespace belay::testing
