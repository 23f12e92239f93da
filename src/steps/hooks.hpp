#pragma once

#include <string>

#include "model/hook.hpp"
#include "steps/context.hpp"

namespace belay {

/// What hooks are told of the run, in their environment.
struct HookNews {
  std::string outcome = "running";  // running, deployed, rolled-back, failed
  std::string failed_step{};
  std::string error{};  // one line
};

/// Runs the hooks of one point, in their order. A required one that fails throws Error; any other failure
/// goes into the output and is noted (notes::FailedHooks), and the next hook runs. A stop throws Error before
/// the commit; after it, the hooks that are left do not run and count as failed. Returns a line for people.
std::string run_hooks(Context&, Hook::At, const HookNews&);

}  // namespace belay
