#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/process.hpp"
#include "control/way.hpp"

namespace belay {

/// How a connection ended before the far side said hello: all that is known of it.
struct SshFailure {
  std::string host;                   // as the user wrote it
  std::string pin;                    // host_key, if configured
  std::optional<OfferedKey> offered;  // if ssh got that far
  std::optional<Outcome> outcome;     // ssh's own end, if it ended
  std::string words;                  // what came on its stderr
  bool login_done = false;            // the far side's shell had answered
  std::vector<HopEnd> hops{};         // the hosts on the way there, the nearest first
};

/// Says it in the user's terms: what failed, ssh's words, and what to do about it.
Error described(const SshFailure&);

}  // namespace belay
