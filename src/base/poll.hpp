#pragma once

#include <span>

#include <poll.h>

#include "base/deadline.hpp"

namespace belay {

/// poll(2) with a Deadline: true when a descriptor is ready (see `revents`), false when the deadline came
/// first. Negative descriptors are passed over. Signals do not end it. Throws Error if the system refuses.
bool poll_until(std::span<pollfd> descriptors, Deadline deadline);

}  // namespace belay
