#include "control/confirmation.hpp"

#include <algorithm>

#include "drivers/health_probe.hpp"
#include "model/visible_text.hpp"

namespace belay {

Confirmation confirm_from_here(const HealthCheck& check, const OnAttempt& on_attempt, std::stop_token stop,
                               Deadline deadline, const Values& values, const Masks& masks) {
  const auto verdict = ask_until_healthy(
      {.check = check,
       .values = values,
       .masks = masks,
       .stop = std::move(stop),
       .on_attempt = [&](int attempt,
                         const std::string& finding) { on_attempt(attempt, check.attempts, finding); },
       .deadline = deadline,
       .own_host_only = true});
  return {.ok = verdict.healthy,
          .detail = verdict.finding + (verdict.cure.empty() ? "" : "\n" + verdict.cure)};
}

std::optional<HealthCheck> check_to_confirm(const EnvironmentConfig& own, const std::string& url) {
  const auto checks = own.checks();
  // As it comes over the wire.
  const auto found =
      std::ranges::find(checks, url, [](const ServiceHealth& one) { return visible_text(one.check.url); });
  return found == checks.end() ? std::nullopt : std::optional(found->check);
}

}  // namespace belay
