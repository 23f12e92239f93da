#include "drivers/docker_connection.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "drivers/http_message.hpp"

namespace belay::docker {
namespace {

namespace json = boost::json;

constexpr std::size_t reply_limit = 64u << 20;

std::string request_text(const Exchange& what) {
  const std::string body = what.archive ? *what.archive
                           : what.body  ? json::serialize(*what.body)
                                        : std::string();
  const char* const type = what.archive ? "application/x-tar" : "application/json";
  std::string text =
      fmt::format("{} {} HTTP/1.1\r\nHost: docker\r\nUser-Agent: belay/{}\r\nConnection: close\r\n",
                  what.method, what.target, BELAY_VERSION);
  if (what.body || what.archive)
    text += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", type, body.size());
  else if (what.method == "POST")
    text += "Content-Length: 0\r\n";
  return text + "\r\n" + body;
}

/// The exchange itself; `reply` holds what came even if the end was not a good one.
Io talk(const Exchange& what, const Limits& limits, Reply& reply) {
  Fd socket;
  if (Io connected = connect_unix(what.socket, socket); !connected.ok()) return connected;
  SocketStream connection(std::move(socket), limits);
  if (Io sent = connection.write(request_text(what)); !sent.ok()) return sent;

  http::ResponseReader reader(connection);
  http::Head head;
  if (Io read = reader.read_head(head); !read.ok()) return read;
  reply.status = head.status;
  reply.content_type = head.headers["content-type"];
  const bool streamed = reply.ok() && what.on_bytes;
  if (reply.ok() && what.on_head) what.on_head();
  return reader.read_body([&](std::string_view bytes) {
    if (streamed) return what.on_bytes(bytes);
    reply.body.append(bytes);
    return reply.body.size() <= reply_limit;
  });
}

Error unreachable(const Exchange& what, const std::string& what_failed, const std::string& why) {
  return Error(what_failed, fmt::format("the Docker Engine at {}: {}", what.socket, why),
               "see whether it runs (docker info) and whether this user may ask it (group docker)");
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
  const Limits limits(what.stop, what.deadline);
  Reply reply;
  const Io ended = talk(what, limits, reply);
  switch (ended.status) {
    case Io::Status::done:
      return reply;
    case Io::Status::deadline:
      throw Error(what_failed, "the Docker Engine did not answer in time");
    case Io::Status::stopped:
      if (reply.body.size() > reply_limit) throw Error(what_failed, "the Docker Engine's answer has no end");
      throw Error(what_failed, "cancelled");
    case Io::Status::end:
      throw unreachable(what, what_failed, "the connection was closed");
    case Io::Status::failed:
      break;
  }
  throw unreachable(what, what_failed, ended.why);
}

StreamEnd stream(const Exchange& what, const std::string& what_failed) {
  const Limits limits(what.stop, what.deadline);
  Reply reply;
  const Io ended = talk(what, limits, reply);
  if (reply.status != 0 && !reply.ok()) throw refused(what_failed, reply);
  switch (ended.status) {
    case Io::Status::deadline:
      return StreamEnd::deadline;
    case Io::Status::stopped:
      return StreamEnd::stopped;
    case Io::Status::failed:
      if (reply.status == 0) throw unreachable(what, what_failed, ended.why);
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
