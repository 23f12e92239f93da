#include "base/clock.hpp"

#include <condition_variable>
#include <mutex>

namespace belay {

Time now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

SteadyClock::time_point SteadyClock::now() noexcept {
  return std::chrono::steady_clock::now();
}

bool pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace belay
