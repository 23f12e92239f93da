#include "drivers/docker_line.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "drivers/http_message.hpp"

namespace belay::docker {
namespace {

namespace json = boost::json;

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

Io talk(const Exchange& what, const Limits& limits, Try& one) {
  Reply& reply = one.reply;
  Fd socket;
  if (Io connected = connect_unix(what.socket, socket); !connected.ok()) return connected;
  one.connected = true;
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

}  // namespace

Try say_once(const Exchange& what) {
  Try one;
  one.ended = talk(what, Limits(what.stop, what.deadline), one);
  return one;
}

}  // namespace belay::docker
