#pragma once

#include "base/process.hpp"

namespace belay {

/// run() with what the child prints as it comes out of the pipes, not cut into lines. For run() and capture()
/// only.
using ByteSink = std::function<void(Stream, std::string_view)>;
Outcome run_raw(const Command&, std::stop_token, Deadline, const ByteSink&);

}  // namespace belay
