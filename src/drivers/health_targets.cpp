#include "drivers/health_targets.hpp"

#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "model/json_parts.hpp"
#include "model/labels.hpp"

namespace belay {

namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds default_interval{30'000};  // the Engine's
constexpr int default_retries = 3;

std::string service_of(const docker::Inspection& inspection) {
  const auto found = inspection.container.labels.find(compose_label::service);
  return found == inspection.container.labels.end() ? inspection.container.name : found->second;
}

/// The container's port that is published as `host_port`.
std::optional<int> published_as(const docker::Inspection& inspection, int host_port) {
  for (const auto& published : published_ports(inspection))
    if (published.host_port == host_port) return published.port;
  return std::nullopt;
}

std::set<int> own_published(const docker::Inspection& inspection) {
  std::set<int> ports;
  for (const auto& published : published_ports(inspection)) ports.insert(published.port);
  return ports;
}

const HealthCheck* own_check(const EnvironmentConfig& environment, const std::string& service) {
  const auto& all = environment.service_health;
  const auto found = std::ranges::find(all, service, &ServiceHealth::service);
  return found == all.end() ? nullptr : &found->check;
}

/// Empty: a variable of the URL has no value, so its port is not known.
std::optional<int> port_of(const std::string& url, const Values& values) {
  const auto whole = expand_variables(url, lookup_in(values));
  if (!whole.unset.empty()) return std::nullopt;
  return std::stoi(http::url_of(whole.text).port);
}

/// The services that the environment's own check is asked of.
std::set<std::string> asked_services(const EnvironmentConfig& environment,
                                     const std::vector<docker::Inspection>& containers,
                                     const Values& values) {
  const auto port = port_of(environment.health.url, values);
  std::set<std::string> named, publishing, all;
  for (const auto& container : containers) {
    const auto service = service_of(container);
    all.insert(service);
    if (own_check(environment, service) != nullptr) continue;
    if (port && published_as(container, *port)) named.insert(service);
    if (!published_ports(container).empty()) publishing.insert(service);
  }
  if (!named.empty()) return named;
  if (publishing.size() == 1) return publishing;
  if (all.size() == 1 && environment.service_health.empty()) return all;
  return {};
}

void give_ports(HealthTarget& target, const Values& values) {
  const auto& container = target.container;
  const auto published = own_published(container);
  target.publishes = !published.empty();
  std::set<int> further = published;
  if (published.empty() && container.exposed_tcp_ports.size() == 1)
    further.insert(container.exposed_tcp_ports.front());
  if (target.check) {
    const auto asked = port_of(target.check->url, values);
    auto port = asked ? published_as(container, *asked) : std::nullopt;
    target.port_must_accept = port || published.size() == 1;
    if (!port && further.size() == 1) port = *further.begin();
    if (port) {
      target.port = own_port(container, *port);
      further.erase(*port);
    }
  }
  for (const int port : further) target.further.push_back(own_port(container, port));
}

const json::object& healthcheck_of(const docker::Inspection& inspection) {
  return object_at(object_at(inspection.raw, "Config"), "Healthcheck");
}

std::chrono::milliseconds duration_at(const json::object& check, const char* key,
                                      std::chrono::milliseconds fallback) {
  const auto nanoseconds = number_at(check, key);
  if (nanoseconds <= 0) return fallback;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(nanoseconds));
}

}  // namespace

std::vector<HealthTarget> health_targets(const EnvironmentConfig& environment,
                                         std::vector<docker::Inspection> containers, const Values& values) {
  std::set<std::string> asked;
  if (!environment.health.url.empty()) asked = asked_services(environment, containers, values);
  std::vector<HealthTarget> targets;
  for (auto& container : containers) {
    HealthTarget target{.container = std::move(container), .service = {}};
    target.service = service_of(target.container);
    if (const auto* own = own_check(environment, target.service))
      target.check = *own;
    else if (asked.contains(target.service))
      target.check = environment.health;
    give_ports(target, values);
    targets.push_back(std::move(target));
  }
  return targets;
}

std::vector<OwnPort> asked_ports(const std::vector<HealthTarget>& targets) {
  std::vector<OwnPort> ports;
  for (const auto& target : targets)
    if (target.port) ports.push_back(*target.port);
  return ports;
}

std::vector<OwnPort> traffic_ports(const std::vector<HealthTarget>& targets) {
  std::vector<OwnPort> ports = asked_ports(targets);
  for (const auto& target : targets)
    if (!target.port && target.publishes && target.further.size() == 1)
      ports.push_back(target.further.front());
  return ports;
}

std::vector<std::string> healthcheck_command(const docker::Inspection& inspection) {
  auto test = texts_at(healthcheck_of(inspection), "Test");
  if (test.size() < 2 || test.front() == "NONE") return {};
  if (test.front() == "CMD") return {test.begin() + 1, test.end()};
  auto command = texts_at(object_at(inspection.raw, "Config"), "Shell");
  if (command.empty()) command = {"/bin/sh", "-c"};
  command.push_back(test[1]);
  return command;
}

std::chrono::milliseconds healthcheck_patience(const docker::Inspection& inspection) {
  if (healthcheck_command(inspection).empty()) return {};
  const auto& check = healthcheck_of(inspection);
  const auto retries = number_at(check, "Retries");
  return duration_at(check, "StartPeriod", {}) +
         duration_at(check, "Interval", default_interval) * ((retries > 0 ? retries : default_retries) + 1);
}

std::vector<std::string> healthcheck_outputs(const docker::Inspection& inspection, std::size_t most) {
  const auto& health = object_at(object_at(inspection.raw, "State"), "Health");
  std::vector<std::string> lines;
  const auto& log = array_at(health, "Log");
  for (std::size_t i = log.size() - std::min(most, log.size()); i < log.size(); ++i) {
    if (!log[i].is_object()) continue;
    auto output = text_at(log[i].get_object(), "Output");
    while (!output.empty() && (output.back() == '\n' || output.back() == '\r')) output.pop_back();
    lines.push_back(fmt::format("exit code {}{}{}", number_at(log[i].get_object(), "ExitCode"),
                                output.empty() ? "" : ": ", output));
  }
  return lines;
}

}  // namespace belay
