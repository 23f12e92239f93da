#include "control/pause.hpp"

#include <poll.h>

#include "base/stop_wake.hpp"

namespace belay {

void pause(std::chrono::milliseconds time, const std::stop_token& stop, Deadline deadline) {
  const StopWake wake(stop);
  pollfd waiting{wake.fd(), POLLIN, 0};
  ::poll(&waiting, 1, deadline.or_in(time).poll_milliseconds());
}

}  // namespace belay
