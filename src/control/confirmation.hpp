#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/deadline.hpp"
#include "model/config.hpp"

namespace belay {

/// The public URL as seen from here.
struct Confirmation {
  bool ok = false;
  std::string detail;  // "GET https://… answered 200 (2 of 2) in 31 ms: {…}", or the last finding
};

/// Called after each request: how many answers were not good and the one under way, at how many the check
/// gives up, and what was found.
using OnAttempt = std::function<void(int attempt, int attempts, const std::string& finding)>;

/// Asks the check's URL as drivers/health_probe.hpp does, and for no longer than the host waits.
Confirmation confirm_from_here(const HealthCheck&, const OnAttempt&, std::stop_token, Deadline);

/// The check that the host wants confirmed, out of those of the run's plan; of the same URL in this machine's
/// own belay.yml come its secrets. A host cannot have them sent elsewhere. Throws Error if the plan has no
/// such URL.
HealthCheck check_to_confirm(const EnvironmentConfig& of_the_run, const EnvironmentConfig& own,
                             const std::string& url);

}  // namespace belay
