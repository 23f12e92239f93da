#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "control/line.hpp"
#include "control/shipment.hpp"
#include "control/watcher.hpp"

namespace belay {

/// The first words on a new connection: a small sh script over there says whether it has this version of
/// belay, takes it if not (`NEED`: a byte count, then so many bytes of gzip), checks its hash, and becomes
/// `belay host session`. A host of another architecture (`ARCH`) is told the name and hash of the program for
/// it.

/// What the session is for. A look leaves an environment that was never deployed as it was: the binary then
/// lies in a temporary directory for as long as the session lasts.
enum class Purpose { look, change };

struct Bootstrap {
  OwnBinary binary;
  std::filesystem::path live;  // the environment's directory on the host
  std::string marker;  // random; begins the script's lines, so that what rc files print is not taken for them
  Purpose purpose = Purpose::change;
  std::vector<OtherBinary> others{};  // for hosts of other architectures
};

/// The command for ssh: for any login shell, with nothing in it that one of them would expand.
std::string remote_command(const Bootstrap&);

/// Holds the dialogue and reads the hello. `login_done` becomes true when the far side's shell has answered.
/// Empty: the far side ended (the caller asks the line's last words). Throws Error for what the script itself
/// says: another architecture, no room, a damaged transfer.
std::optional<wire::Hello> bootstrapped(Line&, const Bootstrap&, const std::string& host, bool& login_done,
                                        Watcher&, std::stop_token);

/// Reads the hello, for a line that needs no bootstrap.
std::optional<wire::Hello> read_hello(Line&, const std::string& host, std::stop_token);

}  // namespace belay
