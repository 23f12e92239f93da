#pragma once

#include <chrono>
#include <stop_token>

#include "base/deadline.hpp"

namespace belay {

/// Waits for `time`, or until stop or the deadline, whichever comes first.
void pause(std::chrono::milliseconds time, const std::stop_token&, Deadline = Deadline::never());

}  // namespace belay
