#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

#include "control/line.hpp"
#include "control/ssh_command.hpp"
#include "model/config.hpp"

namespace belay {

/// Reads single files of a server, by ssh as every connection of belay's: the host key is checked, nothing is
/// asked, no agent is forwarded. Nothing but `cat` is run there, and nothing is written.
class ServerReader {
 public:
  static constexpr std::size_t largest = 256u << 10;  // of a file, in bytes

  /// Connects once for all files. Throws Error where a session would. `local`: reads here.
  ServerReader(const HostAddress&, std::stop_token);

  struct Text {
    std::string text{};
    std::string why_not{};  // in the words of the far side's cat; empty: it was read
  };
  /// `path`: absolute, or below the login's home ("~/deploy.sh").
  Text read(const std::string& path, std::stop_token) const;

 private:
  void connect(const HostAddress&, std::stop_token);

  std::unique_ptr<SshAccess> ssh_;  // none for local
  std::unique_ptr<Line> line_;      // the connection, as long as this object lives
};

}  // namespace belay
