#pragma once

#include <cstddef>
#include <functional>

namespace belay {

/// As many threads as the machine has processors, four at most: for work that computes, or reads files.
std::size_t threads_for_work();

/// Calls `work` once with each number below `count`, in any order, on that many threads. Returns when all
/// have ended. Throws what one of them threw.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work,
                 std::size_t threads = threads_for_work());

}  // namespace belay
