#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "drivers/docker.hpp"
#include "model/config.hpp"

namespace belay {

/// Asking whether a release serves, from the host.

/// Where a container itself listens, past any proxy: its address and the port that the health URL or its only
/// exposed port names. Empty where that cannot be told.
struct OwnAddress {
  std::string address;
  int port = 0;
};
std::optional<OwnAddress> own_address(const docker::Inspection&, const std::string& health_url);

/// Of those of which it can be told.
std::vector<OwnAddress> own_addresses(const std::vector<docker::Inspection>&, const std::string& health_url);

struct HealthVerdict {
  bool healthy = false;
  std::string finding;  // "GET http://… answered 200 (2 of 2) in 12 ms"
};

using AttemptSink = std::function<void(int attempt, const std::string& finding)>;

/// attempts × interval, each with its own time limit; `successes` good answers in a row (those after the
/// first come quickly). The interval is cut short when `listens` turns true: an app that just came up is
/// asked at once.
HealthVerdict ask_until_healthy(const HealthCheck&, const std::function<bool()>& listens, const AttemptSink&,
                                const std::stop_token&);

/// The same of a container's own address, past the edge and whatever else the URL goes through.
HealthVerdict ask_itself_until_healthy(const HealthCheck&, const OwnAddress&, const AttemptSink&,
                                       const std::stop_token&);

/// Whether each of them accepts connections now.
bool all_listen(const std::vector<OwnAddress>&);

/// Waits until each of them does, or it is given up; `longest` at the most.
void wait_until_listening(const std::vector<OwnAddress>&, std::chrono::milliseconds longest,
                          const std::function<bool()>& given_up);

/// One question now.
HealthVerdict ask_once(const HealthCheck&, std::stop_token);

}  // namespace belay
