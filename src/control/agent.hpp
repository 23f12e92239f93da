#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "base/process.hpp"
#include "control/lifeline.hpp"

namespace belay {

/// The private key in BELAY_SSH_KEY, as CI systems hand it over. The first call takes it out of this
/// process's environment (and wipes it there), so that no child and no /proc/PID/environ has it; later calls
/// return the same. Call it before other threads run: the environment is nobody's to lock. Empty: the
/// variable is not set.
const std::optional<std::string>& ssh_key_from_environment();

/// An ssh-agent of this process alone that holds one key. The key goes to it through a pipe and is never
/// written to a disk; the agent dies with this object, and with this process even on SIGKILL.
class PrivateAgent {
 public:
  /// Throws Error{exit code 2} with ssh-add's words if it is no usable key.
  PrivateAgent(const std::string& private_key, const Lifeline&, std::stop_token);
  const std::filesystem::path& socket() const { return socket_; }

 private:
  std::filesystem::path socket_;
  Child keeper_;
};

}  // namespace belay
