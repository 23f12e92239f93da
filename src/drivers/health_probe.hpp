#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.hpp"
#include "drivers/own_port.hpp"
#include "model/config.hpp"
#include "model/masks.hpp"

namespace belay {

/// Asking a health URL: the one loop, the one idea of a good answer and the one sentence about it, for the
/// host, for the controller and for the way back.

struct HealthVerdict {
  bool healthy = false;
  std::string finding;  // "GET http://… answered 200 (2 of 2) in 12 ms: {…}"
  std::string cure{};   // of an answer that belay.yml may want to allow: the key to set
};

/// `attempt` counts the answers that were not good, and the one under way.
using AttemptSink = std::function<void(int attempt, const std::string& finding)>;

struct Asking {
  const HealthCheck& check;  // its texts with `${NAME}` in them; so are they in what is found
  Values values{};           // what stands there in the request itself
  Masks masks{};             // what is hidden in an answer's body before its beginning is shown
  std::stop_token stop{};
  AttemptSink on_attempt{};
  /// Cuts the interval short when it turns true: an app that has just come up is asked at once.
  std::function<bool()> listens{};
  /// Asks the server there, in the URL's name, past the edge and whatever else the URL goes through.
  std::optional<Endpoint> at{};
  Deadline deadline = Deadline::never();
  /// A redirect to another host is not followed: the controller asks for no address that the host names.
  bool own_host_only = false;
};

/// Asks until the URL answered well `successes` times in a row, `attempts` answers were not good, or the
/// deadline or stop. After a good answer the next question comes soon, after a bad one at the interval.
HealthVerdict ask_until_healthy(const Asking&);

/// One question now.
HealthVerdict ask_once(const Asking&);

}  // namespace belay
