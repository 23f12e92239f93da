#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"

namespace belay::cli {

/// Which of two says more about what is wrong: nothing serves, failed, bad input, busy, unfinished, deployed.
ExitCode worse_of(ExitCode, ExitCode);

/// `belay deploy --on-push`: says of each environment whether the push concerns it, deploys those that it
/// concerns one after the other, and returns the worst exit code; 0 if it concerns none.
int deploy_on_push(const command::Deploy&, Context&);

}  // namespace belay::cli
