#pragma once

#include <functional>
#include <string>

namespace belay::testing {

/// What `body` returns, run in a process of its own: it may take away its own room, or mount a disk. An
/// exception comes back as its text. Empty: all is well.
std::string in_own_process(const std::function<std::string()>& body);

}  // namespace belay::testing
