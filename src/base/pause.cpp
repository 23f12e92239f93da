#include "base/pause.hpp"

#include <condition_variable>
#include <mutex>

namespace belay {

void pause(std::chrono::milliseconds time, const std::stop_token& stop, Deadline deadline) {
  // No descriptor and no signal plays a part in this: a thread that only looks from time to time cannot fail.
  std::mutex none;
  std::unique_lock lock(none);
  std::condition_variable_any().wait_for(lock, stop, deadline.or_in(time).left(), [] { return false; });
}

}  // namespace belay
