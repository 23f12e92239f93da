#include <algorithm>
#include <thread>

#include <fmt/core.h>

#include "drivers/http.hpp"
#include "steps/readiness.hpp"
#include "steps/step.hpp"

namespace belay::verify {

namespace {

constexpr auto quiet_time = std::chrono::seconds(3);

/// Waits until the candidates accept connections, so that an app that is still starting is not asked in vain;
/// `longest` at the most: one that never listens is then found by the question itself, in its own words.
void wait_for_listeners(Context& context, const std::vector<OwnAddress>& addresses,
                        std::chrono::milliseconds longest, std::stop_token stop) {
  wait_until_listening(addresses, longest, [&] { return stop.stop_requested(); });
  throw_if_candidate_died(context);
}

std::string ask_from_host(Context& context, const std::vector<OwnAddress>& addresses, std::stop_token stop) {
  const auto& check = context.environment().health;
  wait_for_listeners(context, addresses, check.interval, stop);
  const auto verdict = ask_until_healthy(
      check, [&] { return all_listen(addresses); }, attempts_shown(context, StepName::verify), stop);
  throw_if_candidate_died(context);
  if (!verdict.healthy)
    throw Error(fmt::format("the health check failed {} times", check.attempts), verdict.finding,
                "ask it by hand once the release runs somewhere: curl -i " + check.url);
  return verdict.finding + ", asked from the host";
}

std::string ask_controller(Context& context, const std::vector<OwnAddress>& addresses, std::stop_token stop) {
  const auto& environment = context.environment();
  const auto& check = environment.health;
  wait_for_listeners(context, addresses, check.interval * check.attempts, stop);
  const auto limit = check.attempts * (check.interval + check.timeout) + environment.confirm_timeout;
  const auto heard = context.ledger.ask_controller("confirmation", check.url, limit, stop);
  throw_if_candidate_died(context);
  if (heard.what == "nobody") {
    context.ledger.output(StepName::verify, heard.detail + ": the host asks the public URL itself");
    return ask_from_host(context, addresses, stop);
  }
  if (!heard.ok)
    throw Error("the health check from outside failed", heard.detail,
                "ask it by hand once the release runs somewhere: curl -i " + check.url);
  return heard.detail + ", asked from outside";
}

/// Nothing to ask: it runs, does not restart, listens, and its HEALTHCHECK (if it has one) says healthy.
std::string watch_quietly(Context& context, const std::vector<OwnAddress>& addresses, std::stop_token stop) {
  const auto& check = context.environment().health;
  const auto limit = Deadline::in(quiet_time + check.interval * check.attempts);
  const auto quiet_until = Deadline::in(quiet_time);
  while (!stop.stop_requested()) {
    const auto missing = missing_for_readiness(candidate_inspections(context), {}, stop);
    if (missing.empty() && quiet_until.expired())
      return fmt::format("no health URL: it ran for {} s, {}did not restart", quiet_time.count(),
                         addresses.empty() ? "" : "listens, ");
    if (limit.expired())
      throw Error("the candidate did not become ready", missing, "its last log lines may say why");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  throw_if_candidate_died(context);
  return {};
}

}  // namespace

std::string apply(Context& context) {
  if (!context.watch) throw Error("verify runs only after a switch of the same process", {}, {});
  const EitherStop either(context.stop, context.watch->died());
  const auto& check = context.environment().health;

  const auto addresses = own_addresses(candidate_inspections(context), check.url);

  std::string finding;
  if (check.url.empty())
    finding = watch_quietly(context, addresses, either.token());
  else if (check.from == HealthCheck::From::host)
    finding = ask_from_host(context, addresses, either.token());
  else
    finding = ask_controller(context, addresses, either.token());

  throw_if_candidate_died(context);
  note(context.ledger, notes::HealthFinding{finding});
  return finding;
}

std::string undo(Context& context) {
  context.watch.reset();
  return {};
}

}  // namespace belay::verify
