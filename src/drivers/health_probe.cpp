#include "drivers/health_probe.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/error.hpp"
#include "drivers/http.hpp"
#include "model/labels.hpp"

namespace belay {

namespace {

constexpr auto between_successes = std::chrono::milliseconds(150);
constexpr auto between_looks = std::chrono::milliseconds(25);

void pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop, time, [] { return false; });
}

/// Until the interval is over, or something listens that did not when the pause began.
void pause_until_listening(std::chrono::milliseconds interval, const std::function<bool()>& listens,
                           const std::stop_token& stop) {
  const auto until = Deadline::in(interval);
  if (!listens || listens()) return pause(interval, stop);
  while (!until.expired() && !stop.stop_requested()) {
    pause(between_looks, stop);
    if (listens()) return;
  }
}

bool good(const http::Exchange& exchange) {
  return exchange.answer && exchange.answer->status >= 200 && exchange.answer->status < 300;
}

std::string found(const http::Url& url, const http::Exchange& exchange) {
  if (!exchange.answer) return fmt::format("GET {}: {}", url.shown(), exchange.why);
  return fmt::format("GET {} answered {} in {} ms", url.shown(), exchange.answer->status,
                     exchange.answer->took.count());
}

}  // namespace

namespace {

/// What it publishes; or, behind the edge, what the edge publishes in its place.
std::vector<std::string> published_by(const docker::Inspection& inspection) {
  auto published = inspection.published;
  const auto behind = inspection.container.labels.find(label::published);
  if (behind == inspection.container.labels.end()) return published;
  const auto ports = boost::json::parse(behind->second);
  for (const auto& port : ports.as_array()) published.push_back(":" + std::string(port.as_string()));
  return published;
}

}  // namespace

std::optional<OwnAddress> own_address(const docker::Inspection& inspection, const std::string& health_url) {
  std::string address;
  for (const auto& [network, ip] : inspection.addresses)
    if (!ip.empty()) address = ip;
  if (address.empty()) return std::nullopt;
  if (!health_url.empty()) {
    const auto wanted = ":" + http::parse_url(health_url).port + "->";
    for (const auto& published : published_by(inspection))
      if (const auto at = published.find(wanted); at != std::string::npos)
        return OwnAddress{address, std::stoi(published.substr(at + wanted.size()))};
  }
  if (inspection.exposed_tcp_ports.size() == 1)
    return OwnAddress{address, inspection.exposed_tcp_ports.front()};
  return std::nullopt;
}

bool all_listen(const std::vector<OwnAddress>& addresses) {
  return std::ranges::all_of(addresses, [](const OwnAddress& own) {
    return http::accepts(own.address, own.port, Deadline::in(std::chrono::milliseconds(250)));
  });
}

namespace {

HealthVerdict ask(const http::Url& url, const HealthCheck& check, std::stop_token stop) {
  const auto exchange = http::get(url, std::move(stop), Deadline::in(check.timeout));
  return {good(exchange), found(url, exchange)};
}

HealthVerdict ask_until_healthy(const http::Url& url, const HealthCheck& check,
                                const std::function<bool()>& listens, const AttemptSink& on_attempt,
                                const std::stop_token& stop) {
  HealthVerdict last{false, "no attempt was made"};
  int successes = 0;
  for (int attempt = 1; attempt <= check.attempts && !stop.stop_requested();) {
    last = ask(url, check, stop);
    on_attempt(attempt, last.finding);
    if (!last.healthy) {
      successes = 0;
      if (attempt++ < check.attempts) pause_until_listening(check.interval, listens, stop);
    } else if (++successes >= check.successes) {
      last.finding += fmt::format(" ({} of {})", successes, check.successes);
      return last;
    } else {
      pause(std::min<std::chrono::milliseconds>(between_successes, check.interval), stop);
    }
  }
  last.healthy = false;
  return last;
}

}  // namespace

std::vector<OwnAddress> own_addresses(const std::vector<docker::Inspection>& inspections,
                                      const std::string& health_url) {
  std::vector<OwnAddress> found;
  for (const auto& inspection : inspections)
    if (const auto own = own_address(inspection, health_url)) found.push_back(*own);
  return found;
}

void wait_until_listening(const std::vector<OwnAddress>& addresses, std::chrono::milliseconds longest,
                          const std::function<bool()>& given_up) {
  const auto limit = Deadline::in(longest);
  while (!all_listen(addresses) && !limit.expired() && !given_up())
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

HealthVerdict ask_once(const HealthCheck& check, std::stop_token stop) {
  return ask(http::parse_url(check.url), check, std::move(stop));
}

HealthVerdict ask_until_healthy(const HealthCheck& check, const std::function<bool()>& listens,
                                const AttemptSink& on_attempt, const std::stop_token& stop) {
  return ask_until_healthy(http::parse_url(check.url), check, listens, on_attempt, stop);
}

HealthVerdict ask_itself_until_healthy(const HealthCheck& check, const OwnAddress& own,
                                       const AttemptSink& on_attempt, const std::stop_token& stop) {
  return ask_until_healthy(
      http::asked_of(http::parse_url(check.url), own.address, own.port), check,
      [&] { return all_listen({own}); }, on_attempt, stop);
}

}  // namespace belay
