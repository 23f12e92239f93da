#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "base/deadline.hpp"
#include "base/error.hpp"
#include "drivers/docker_absence.hpp"
#include "model/json_parts.hpp"

namespace belay::docker {

/// Talking HTTP to the Engine; only the docker_*.cpp files know of this.

struct Reply {
  int status = 0;
  std::string content_type;
  std::string body;  // empty if it was streamed
  bool ok() const { return status / 100 == 2; }
  /// The Engine's own words for why it refused.
  std::string message() const;
};

/// What becomes of a request on whose connection the Engine hung up before it had answered: nobody knows
/// whether it was carried out.
enum class IfCut { fail, ask_again };

struct Exchange {
  std::string socket;
  std::string method = "GET";
  std::string target;  // "/v1.41/containers/json?all=1"
  std::optional<boost::json::value> body{};
  std::optional<std::string> archive{};  // a tar, in place of a body
  std::stop_token stop{};
  Deadline deadline = Deadline::in(std::chrono::minutes(2));
  std::shared_ptr<const Patience> patience{};  // none: an Engine that is away is an Error at once
  IfCut if_cut = IfCut::fail;
  /// Before it is asked again after a cut: an answer if the first request was carried out after all.
  std::function<std::optional<Reply>()> done_already{};
  /// When the Engine has answered with its head.
  std::function<void()> on_head{};
  /// Gets the body of a good answer as it comes; false ends the exchange.
  std::function<bool(std::string_view)> on_bytes{};
};

/// How a stream ended; the others throw.
enum class StreamEnd { complete, deadline, stopped };

/// One request on a connection of its own. An Engine that cannot be reached is waited for as `patience` says;
/// without it, or when that ends, throws Unreachable. Throws Error{`what_failed`} if the Engine keeps silent;
/// a refusal is a Reply.
Reply ask(const Exchange&, const std::string& what_failed);
/// As ask(), where deadline, stop and a stream that is cut after its head are ordinary ends. Throws Error on
/// a refusal too.
StreamEnd stream(const Exchange&, const std::string& what_failed);

/// Error{what_failed, the Engine's message, next}.
Error refused(const std::string& what_failed, const Reply&, std::string next = {});

/// Percent-encodes all but what a path segment may hold; '/', ':' and '@' stay (image references).
std::string encoded(std::string_view);
/// The `filters` argument, encoded: {"label":["a","b=c"]}.
std::string filters(const std::string& key, const std::vector<std::string>& values);
/// Parses the Engine's JSON; throws Error if it is none.
boost::json::value parsed(const std::string& body, const std::string& what_failed);

}  // namespace belay::docker
