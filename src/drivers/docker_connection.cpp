#include "drivers/docker_connection.hpp"

#include <cerrno>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "drivers/docker_line.hpp"
#include "drivers/http_message.hpp"

namespace belay::docker {
namespace {

namespace json = boost::json;

/// Nobody listens, or not yet: that passes. That this user may not ask does not.
bool may_come_back(const std::string& why) {
  return why == reason_of(ENOENT) || why == reason_of(ECONNREFUSED) || why == reason_of(EAGAIN);
}

/// What answered, and not as HTTP, is no Engine that hung up.
bool was_cut(const Io& ended) {
  return ended.status == Io::Status::end ||
         (ended.status == Io::Status::failed && !ended.why.starts_with(http::not_http));
}

std::string why_cut(const Io& ended) {
  return ended.status == Io::Status::end ? "the connection was closed" : ended.why;
}

std::string at_socket(const Exchange& what, const std::string& why) {
  return fmt::format("the Docker Engine at {}: {}", what.socket, why);
}

constexpr auto how_to_reach =
    "see whether it runs (docker info) and whether this user may ask it (group docker)";

/// Whether the exchange may be tried again once the Engine is back.
bool may_be_repeated(const Exchange& what, const Try& one) {
  if (!one.connected) return may_come_back(one.ended.why);
  return was_cut(one.ended) && what.if_cut == IfCut::ask_again;
}

/// As often as `what.patience` wants. A stream that has begun is not repeated: its bytes have been handed on.
Try tried(Exchange what, const std::string& what_failed, bool streams) {
  Absence absence;
  while (true) {
    Try one = say_once(what);
    const bool begun = streams && one.reply.status != 0;
    if (one.ended.ok() || begun || !what.patience || !may_be_repeated(what, one)) {
      if (what.patience && one.connected) absence.end(*what.patience);
      return one;
    }
    const auto left_at = Deadline::Clock::now();
    if (!absence.wait(*what.patience, what.stop, why_cut(one.ended)))
      throw Unreachable(what_failed, at_socket(what, why_cut(one.ended) + "; cancelled while waiting for it"),
                        how_to_reach);
    what.deadline = what.deadline.later_by(Deadline::Clock::now() - left_at);
    if (one.connected && what.done_already)
      if (auto done = what.done_already()) return {.reply = std::move(*done), .connected = true};
  }
}

Unreachable unreachable(const Exchange& what, const std::string& what_failed, const Io& ended) {
  return Unreachable(what_failed, at_socket(what, why_cut(ended)), how_to_reach);
}

/// Why an exchange failed that the Engine neither answered nor refused.
[[noreturn]] void throw_failure(const Exchange& what, const std::string& what_failed, const Try& one) {
  if ((!one.connected && may_come_back(one.ended.why)) || (one.connected && was_cut(one.ended)))
    throw unreachable(what, what_failed, one.ended);
  throw Error(what_failed, at_socket(what, one.ended.why), how_to_reach);
}

}  // namespace

std::string Reply::message() const {
  json::error_code none;
  const json::value value = json::parse(body, none);
  if (!none && value.is_object())
    if (std::string text = text_at(value.get_object(), "message"); !text.empty()) return text;
  return body.empty() ? fmt::format("HTTP status {}", status) : body.substr(0, 2000);
}

Reply ask(const Exchange& what, const std::string& what_failed) {
  auto one = tried(what, what_failed, false);
  auto& reply = one.reply;
  switch (one.ended.status) {
    case Io::Status::done:
      return std::move(reply);
    case Io::Status::deadline:
      throw Error(what_failed, "the Docker Engine did not answer in time");
    case Io::Status::stopped:
      if (reply.body.size() > reply_limit) throw Error(what_failed, "the Docker Engine's answer has no end");
      throw Error(what_failed, "cancelled");
    case Io::Status::end:
    case Io::Status::failed:
      break;
  }
  throw_failure(what, what_failed, one);
}

StreamEnd stream(const Exchange& what, const std::string& what_failed) {
  const auto one = tried(what, what_failed, true);
  const auto& reply = one.reply;
  if (reply.status != 0 && !reply.ok()) throw refused(what_failed, reply);
  switch (one.ended.status) {
    case Io::Status::deadline:
      return StreamEnd::deadline;
    case Io::Status::stopped:
      return StreamEnd::stopped;
    case Io::Status::failed:
      if (reply.status == 0) throw_failure(what, what_failed, one);
      break;  // cut: the Engine restarts
    case Io::Status::done:
    case Io::Status::end:
      break;
  }
  return StreamEnd::complete;
}

Error refused(const std::string& what_failed, const Reply& reply, std::string next) {
  return Error(what_failed, reply.message(), std::move(next));
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/:@").contains(c);
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

std::string filters(const std::string& key, const std::vector<std::string>& values) {
  json::array list;
  for (const std::string& value : values) list.emplace_back(value);
  return encoded(json::serialize(json::object{{key, std::move(list)}}));
}

json::value parsed(const std::string& body, const std::string& what_failed) {
  json::error_code bad;
  json::value value = json::parse(body, bad);
  if (bad) throw Error(what_failed, "the Docker Engine's answer is not JSON: " + body.substr(0, 200));
  return value;
}

}  // namespace belay::docker
