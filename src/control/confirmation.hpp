#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.hpp"
#include "model/config.hpp"
#include "model/masks.hpp"

namespace belay {

/// The public URL as seen from here.
struct Confirmation {
  bool ok = false;
  std::string detail;  // "GET https://… answered 200 (2 of 2) in 31 ms: {…}", or the last finding
};

/// Called after each request: how many answers were not good and the one under way, at how many the check
/// gives up, and what was found.
using OnAttempt = std::function<void(int attempt, int attempts, const std::string& finding)>;

/// Asks the check's URL, with the values in it, as drivers/health_probe.hpp does, and for no longer than the
/// host waits.
Confirmation confirm_from_here(const HealthCheck&, const OnAttempt&, std::stop_token, Deadline,
                               const Values& = {}, const Masks& = {});

/// The check of this machine's own belay.yml that has the URL which the host wants confirmed; empty if none
/// has. No other URL is ever asked: a host that was broken into would else have this machine, which may reach
/// what the host does not, fetch what it likes.
std::optional<HealthCheck> check_to_confirm(const EnvironmentConfig& own, const std::string& url);

}  // namespace belay
