#include "control/confirmation.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "drivers/health_probe.hpp"

namespace belay {

Confirmation confirm_from_here(const HealthCheck& check, const OnAttempt& on_attempt, std::stop_token stop,
                               Deadline deadline) {
  const auto verdict = ask_until_healthy(
      {.check = check,
       .stop = std::move(stop),
       .on_attempt = [&](int attempt,
                         const std::string& finding) { on_attempt(attempt, check.attempts, finding); },
       .deadline = deadline});
  return {.ok = verdict.healthy,
          .detail = verdict.finding + (verdict.cure.empty() ? "" : "\n" + verdict.cure)};
}

HealthCheck check_to_confirm(const EnvironmentConfig& of_the_run, const EnvironmentConfig& own,
                             const std::string& url) {
  const auto with_url = [&](const std::vector<ServiceHealth>& checks) {
    return std::ranges::find(checks, url, [](const ServiceHealth& one) { return one.check.url; });
  };
  const auto wanted = of_the_run.checks(), here = own.checks();
  const auto found = with_url(wanted);
  if (found == wanted.end())
    throw Error("the host wants " + url + " asked, which is no health URL of this deployment", {},
                "belay attach shows what the host does");
  auto check = found->check;
  if (const auto same = with_url(here); same != here.end()) {
    check.headers = same->check.headers;
    check.user = same->check.user;
    check.password = same->check.password;
  }
  return check;
}

}  // namespace belay
