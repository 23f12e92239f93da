#include "base/in_parallel.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "base/background.hpp"

namespace belay {

std::size_t threads_for_work() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work, std::size_t threads) {
  std::atomic<std::size_t> next = 0;
  const auto take = [&] {
    for (std::size_t mine = next++; mine < count; mine = next++) work(mine);
  };
  std::vector<Beside<void>> others;
  for (std::size_t i = 1; i < std::min(count, threads); ++i) others.emplace_back(take);
  take();
  for (auto& other : others) other.get();
}

}  // namespace belay
