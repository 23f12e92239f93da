#pragma once

#include <cstddef>
#include <functional>

namespace belay {

/// Calls `work` once with each number below `count`, in any order, on as many threads as the machine has
/// processors (four at most). Returns when all have ended. Throws what one of them threw.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace belay
