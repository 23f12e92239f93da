#include <algorithm>

#include <fmt/core.h>

#include "base/either_stop.hpp"
#include "model/secrets.hpp"
#include "steps/attempt_edge.hpp"
#include "steps/readiness.hpp"
#include "steps/step.hpp"

namespace belay::verify {

namespace {

constexpr auto quiet_time = std::chrono::seconds(3);

/// The containers that the check's URL is asked of.
std::vector<HealthTarget> asked_by(const Context& context, const ServiceHealth& asked) {
  auto targets = candidate_targets(context);
  std::erase_if(targets, [&](const HealthTarget& target) {
    return !target.check || target.check->url != asked.check.url ||
           (!asked.service.empty() && target.service != asked.service);
  });
  return targets;
}

/// Waits until they accept connections, so that an app that is still starting is not asked in vain; `longest`
/// at the most: one that never listens is then found by the question itself, in its own words.
void wait_for_listeners(Context& context, const std::vector<OwnPort>& ports,
                        std::chrono::milliseconds longest, const std::stop_token& stop) {
  wait_until_listening(ports, longest, [&] { return stop.stop_requested(); });
  throw_if_candidate_died(context);
}

/// The container whose log explains a URL that does not answer well: the one it is asked of, if that is
/// known.
Error failed(Context& context, const std::vector<HealthTarget>& targets, Error error) {
  if (targets.empty()) return error;
  return failure_of(context, targets.front().container.container.id, std::move(error));
}

std::string next_of(const HealthCheck& check, const std::string& cure) {
  return cure.empty() ? "ask the URL by hand where the release runs: " + check.by_hand() : cure;
}

/// A container that was started again may have another address.
bool listen_now(const Context& context, const std::vector<HealthTarget>& targets) {
  std::vector<OwnPort> ports;
  for (const auto& target : targets) {
    if (!target.port) continue;
    const auto& container = target.container.container;
    const auto found = context.engine.inspect(container.id);
    if (!found)
      throw Error(fmt::format("container {} is gone", container.name), "belay was asking its health URL",
                  "deploy again");
    ports.push_back(own_port(*found, target.port->port));
  }
  return all_listen(ports);
}

std::string ask_from_host(Context& context, const ServiceHealth& asked, std::stop_token stop) {
  const auto targets = asked_by(context, asked);
  const auto ports = asked_ports(targets);
  const auto& check = asked.check;
  wait_for_listeners(context, ports, check.interval, stop);
  const auto verdict = ask_until_healthy({.check = check,
                                          .values = context.variables,
                                          .masks = masks_of(context.environment(), context.variables),
                                          .stop = stop,
                                          .on_attempt = attempts_shown(context, StepName::verify, check),
                                          .listens = [&] { return listen_now(context, targets); }});
  throw_if_candidate_died(context);
  if (!verdict.healthy)
    throw failed(context, targets,
                 Error(fmt::format("the health check failed {} times", check.attempts), verdict.finding,
                       next_of(check, verdict.cure)));
  return verdict.finding + ", asked from the host";
}

std::string ask_controller(Context& context, const ServiceHealth& asked, std::stop_token stop) {
  const auto targets = asked_by(context, asked);
  const auto& check = asked.check;
  wait_for_listeners(context, asked_ports(targets), check.patience(), stop);
  const auto limit = check.longest() + context.environment().confirm_timeout;
  const auto what = asked.service.empty() ? "confirmation" : "confirmation of " + asked.service;
  const auto heard = context.ledger.ask_controller(what, check.url, limit, stop);
  throw_if_candidate_died(context);
  if (heard.what == "nobody") {
    context.ledger.output(StepName::verify, heard.detail + ": the host asks the public URL itself");
    return ask_from_host(context, asked, stop);
  }
  if (!heard.ok)
    throw failed(context, targets,
                 Error("the health check from outside failed", heard.detail, next_of(check, {})));
  return heard.detail + ", asked from outside";
}

std::string ask(Context& context, const ServiceHealth& asked, const std::stop_token& stop) {
  return asked.check.from == HealthCheck::From::host ? ask_from_host(context, asked, stop)
                                                     : ask_controller(context, asked, stop);
}

}  // namespace

std::string apply(Context& context) {
  if (!context.watch) throw Error("verify runs only after a switch of the same process", {}, {});
  const EitherStop either(context.stop, context.watch->died());
  const auto checks = context.environment().checks();
  std::string findings;
  for (const auto& asked : checks)
    findings += (findings.empty() ? "" : "; ") + ask(context, asked, either.token());
  // Whoever is asked no URL proves itself by its HEALTHCHECK, by a port, or by running quietly.
  const auto silent = wait_until_ready(context,
                                       {.published_port = quiet_time,
                                        .quiet = quiet_time,
                                        .healthcheck_of_asked = false,
                                        .port_of_asked = false},
                                       either.token());
  context.watch->restart_no_more();
  throw_if_candidate_died(context);
  require_named_ports(context);
  if (checks.empty())
    findings = fmt::format("no health URL: it ran for {} s and did not restart", quiet_time.count());
  for (const auto& sentence : silent) findings += "; " + sentence;
  note(context.ledger, notes::HealthFinding{findings});
  return findings;
}

std::string undo(Context& context) {
  context.watch.reset();
  return {};
}

}  // namespace belay::verify
