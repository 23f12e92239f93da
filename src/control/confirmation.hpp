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

/// Called after each request: its number, the number at which a failing check gives up, and what was found.
using OnAttempt = std::function<void(int attempt, int attempts, const std::string& finding)>;

/// Asks `url` until it answered 2xx `successes` times in a row, or `attempts` requests failed, or the
/// deadline. After a good answer the next one is asked for soon (a quarter of a second), after a bad one at
/// the interval: a good release is not kept waiting. Each request has its own time limit.
Confirmation confirm_from_here(const HealthCheck&, const std::string& url, const OnAttempt&, std::stop_token,
                               Deadline);

}  // namespace belay
