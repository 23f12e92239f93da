#include "base/poll.hpp"

#include <cerrno>

#include "base/error.hpp"

namespace belay {

bool poll_until(std::span<pollfd> descriptors, Deadline deadline) {
  for (;;) {
    const int ready = ::poll(descriptors.data(), descriptors.size(), deadline.poll_milliseconds());
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) throw system_error("cannot wait for descriptors", errno);
    if (ready == 0 && deadline.expired()) return false;
  }
}

}  // namespace belay
