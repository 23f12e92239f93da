#include "base/in_parallel.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "base/background.hpp"

namespace belay {

void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto take = [&] {
    for (std::size_t mine = next++; mine < count; mine = next++) work(mine);
  };
  const std::size_t threads =
      std::min({count, std::size_t{4}, std::size_t{std::max(1u, std::thread::hardware_concurrency())}});
  std::vector<Beside<void>> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(take);
  take();
  for (auto& other : others) other.get();
}

}  // namespace belay
