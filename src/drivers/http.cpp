#include "drivers/http.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include <fmt/core.h>

#include "base/error.hpp"
#include "drivers/http_message.hpp"
#include "drivers/tcp_connect.hpp"
#include "drivers/tls_stream.hpp"

namespace belay::http {
namespace {

constexpr std::size_t body_limit = 65'536;

[[noreturn]] void refuse(const std::string& url, const std::string& why) {
  throw Error(fmt::format("{} is not an address to ask", url), why,
              "write it as http://host[:port]/path or https://…", ExitCode::bad_input);
}

bool is_port(const std::string& text) {
  if (text.empty() || text.size() > 5 ||
      !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
    return false;
  const int number = std::stoi(text);
  return number >= 1 && number <= 65535;
}

/// Splits "host", "host:port" and "[v6]:port".
void split_authority(const std::string& url, const std::string& authority, Url& into) {
  std::string rest;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string::npos) refuse(url, "the bracket of the IPv6 address is not closed");
    into.host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
  } else {
    const auto colon = authority.find(':');
    into.host = authority.substr(0, colon);
    if (colon != std::string::npos) rest = authority.substr(colon);
  }
  if (into.host.empty()) refuse(url, "the host is missing");
  into.port = into.scheme == "https" ? "443" : "80";
  if (rest.empty()) return;
  into.port = rest.substr(1);
  if (rest[0] != ':' || !is_port(into.port)) refuse(url, "the port is not a number from 1 to 65535");
}

std::string host_header(const Url& url) {
  const std::string host = url.host.contains(':') ? "[" + url.host + "]" : url.host;
  const bool usual = url.port == (url.scheme == "https" ? "443" : "80");
  return usual ? host : host + ":" + url.port;
}

std::string request_of(const Url& url) {
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\n{}User-Agent: belay/{}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
      url.target, url.for_host.empty() ? host_header(url) : url.for_host,
      url.for_scheme.empty() ? std::string{} : "X-Forwarded-Proto: " + url.for_scheme + "\r\n",
      BELAY_VERSION);
}

/// "5 s", "0.5 s": the limit as it was given, not what a clock read a microsecond later says.
std::string shown_limit(std::chrono::milliseconds limit) {
  const double tenths = std::round(static_cast<double>(limit.count()) / 100.0);
  if (std::fmod(tenths, 10.0) == 0.0) return fmt::format("{:.0f} s", tenths / 10.0);
  return fmt::format("{:.1f} s", tenths / 10.0);
}

/// Opens the connection, with TLS if the scheme says so.
Io open(const Url& url, const Limits& limits, std::unique_ptr<ByteStream>& stream) {
  Fd socket;
  if (Io connected = connect_tcp(url.host, url.port, limits, socket); !connected.ok()) return connected;
  if (url.scheme == "http") {
    stream = std::make_unique<SocketStream>(std::move(socket), limits);
    return {};
  }
  auto tls = std::make_unique<TlsStream>(std::move(socket), limits);
  Io opened = tls->open(url.host);
  stream = std::move(tls);
  return opened;
}

Io ask(const Url& url, const Limits& limits, Answer& answer, bool& answering) {
  std::unique_ptr<ByteStream> stream;
  if (Io opened = open(url, limits, stream); !opened.ok()) return opened;
  if (Io sent = stream->write(request_of(url)); !sent.ok()) return sent;
  ResponseReader reader(*stream);
  Head head;
  if (Io read = reader.read_head(head); !read.ok()) return read;
  answering = true;
  answer.status = head.status;
  answer.headers = std::move(head.headers);
  bool enough = false;
  Io body = reader.read_body([&](std::string_view bytes) {
    answer.body.append(bytes.substr(0, body_limit - answer.body.size()));
    enough = answer.body.size() == body_limit;
    return !enough;
  });
  return enough ? Io{} : body;
}

}  // namespace

std::string Url::shown() const {
  return fmt::format("{}://{}{}", scheme, host_header(*this), target);
}

Url parse_url(const std::string& text) {
  Url url;
  const auto after_scheme = text.find("://");
  if (after_scheme == std::string::npos) refuse(text, "the scheme is missing");
  url.scheme = text.substr(0, after_scheme);
  if (url.scheme != "http" && url.scheme != "https") refuse(text, "only http and https can be asked");
  // Whatever stands below a space or beyond ASCII would break, or smuggle something into, the request line.
  if (std::ranges::any_of(text, [](char c) { return c <= ' ' || c == 127; }))
    refuse(text, "it holds a space or another character that must be percent-encoded");
  const std::string rest = text.substr(after_scheme + 3);
  const auto path = rest.find_first_of("/?#");
  const std::string authority = rest.substr(0, path);
  if (authority.contains('@')) refuse(text, "user and password do not belong into it");
  split_authority(text, authority, url);
  url.target = path == std::string::npos ? "/" : rest.substr(path);
  url.target.erase(std::min(url.target.find('#'), url.target.size()));
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

Url asked_of(const Url& url, const std::string& address, int port) {
  return {.scheme = "http",
          .host = address,
          .port = std::to_string(port),
          .target = url.target,
          .for_host = host_header(url),
          .for_scheme = url.scheme};
}

Exchange get(const Url& url, std::stop_token stop, Deadline deadline) {
  const auto began = Deadline::Clock::now();
  const std::string limit = shown_limit(deadline.left());
  const Limits limits(std::move(stop), deadline);
  Answer answer;
  bool answering = false;
  const Io ended = ask(url, limits, answer, answering);
  answer.took = std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::Clock::now() - began);
  switch (ended.status) {
    case Io::Status::done:
      return {std::move(answer), {}};
    case Io::Status::deadline:
      return {{}, fmt::format("no {}answer within {}", answering ? "complete " : "", limit)};
    case Io::Status::stopped:
      return {{}, "cancelled"};
    case Io::Status::end:
      return {{}, "the connection was closed without an answer"};
    case Io::Status::failed:
      break;
  }
  return {{}, ended.why};
}

bool accepts(const std::string& address, int port, Deadline deadline) {
  const Limits limits(std::stop_token{}, deadline);
  Fd socket;
  return connect_tcp(address, std::to_string(port), limits, socket).ok();
}

}  // namespace belay::http
