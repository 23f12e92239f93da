#include "host/recovery_beside.hpp"

#include <chrono>

#include "base/process.hpp"
#include "host/arguments.hpp"
#include "saga/run.hpp"

namespace belay {

namespace {
constexpr auto recovery_limit = std::chrono::minutes(30);
}

std::vector<RecoveredRun> recover_in_own_process(const Layout& layout, std::stop_token stop) {
  const auto open = open_run(layout);
  if (!open) return {};
  const auto ended = capture({.argv = command_of_role("/proc/self/exe", "recover", layout)}, std::move(stop),
                             Deadline::in(recovery_limit));
  std::vector<RecoveredRun> recovered;
  if (const auto closed = closed_event(layout, *open)) recovered.push_back({*open, *closed});
  if (recovered.empty() && !ended.ok())
    throw Error("a deployment that was cut off could not be recovered", ended.err,
                "belay host recover tries again", ExitCode::nothing_serves);
  return recovered;
}

}  // namespace belay
