#pragma once

#include <functional>
#include <string>

namespace belay {

/// How a forked child came to its end.
struct ForkedEnd {
  bool well = false;  // the work returned
  std::string why{};  // what it threw; "it was killed" if it never came to that
};

/// Runs `work` in a forked child and waits for its end: what it does to its process (environment, children,
/// descriptors) stays there, and its death is not ours. `in_parent` is called once the child exists. No
/// thread may exist. Throws Error if there can be no child. A port: the body is system/forked.cpp; in a
/// simulation the work runs in place, and dies when the schedule says so.
ForkedEnd run_forked(const std::function<void()>& work, const std::function<void()>& in_parent = {});

}  // namespace belay
