#include "drivers/http.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <memory>
#include <vector>

#include <fmt/core.h>
#include <openssl/evp.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "drivers/http_message.hpp"
#include "drivers/tcp_connect.hpp"
#include "drivers/tls_stream.hpp"

namespace belay::http {
namespace {

constexpr std::size_t body_limit = 65'536;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string base64(const std::string& text) {
  std::string encoded(4 * ((text.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                  reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  return encoded;
}

/// A later line of a name replaces an earlier one.
void set_header(Headers& headers, const std::string& name, const std::string& value) {
  const auto same =
      std::ranges::find_if(headers, [&](const auto& known) { return lower(known.first) == lower(name); });
  if (same == headers.end())
    headers.emplace_back(name, value);
  else
    *same = {name, value};
}

std::string head_of(const Request& request) {
  const Url& url = request.url;
  Headers headers{{"Host", url.authority()},
                  {"User-Agent", "belay/" BELAY_VERSION},
                  {"Accept", "*/*"},
                  {"Connection", "close"}};
  if (!url.user.empty())
    headers.emplace_back("Authorization", "Basic " + base64(url.user + ":" + url.password));
  if (request.method != "GET") headers.emplace_back("Content-Length", std::to_string(request.body.size()));
  for (const auto& [name, value] : request.headers) set_header(headers, name, value);
  std::string text = fmt::format("{} {} HTTP/1.1\r\n", request.method, url.target);
  for (const auto& [name, value] : headers) text += fmt::format("{}: {}\r\n", name, value);
  return text + "\r\n";
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

Io ask(const Request& request, const Limits& limits, Answer& answer, bool& answering) {
  std::unique_ptr<ByteStream> stream;
  if (Io opened = open(request.url, limits, stream); !opened.ok()) return opened;
  if (Io sent = stream->write(head_of(request) + request.body); !sent.ok()) return sent;
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

Exchange exchange(const Request& request, std::stop_token stop, Deadline deadline) {
  const auto began = Deadline::Clock::now();
  const std::string limit = shown_limit(deadline.left());
  const Limits limits(std::move(stop), deadline);
  Answer answer;
  bool answering = false;
  const Io ended = ask(request, limits, answer, answering);
  answer.took = since(began);
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

Exchange get(const Url& url, std::stop_token stop, Deadline deadline, const Headers& headers) {
  return exchange({.url = url, .headers = headers}, std::move(stop), deadline);
}

Listens listens(const std::string& address, int port, Deadline deadline) {
  const Limits limits(std::stop_token{}, deadline);
  Fd socket;
  const Io connected = connect_tcp(address, std::to_string(port), limits, socket);
  if (connected.ok()) return Listens::yes;
  return connected.why == reason_of(ECONNREFUSED) ? Listens::no : Listens::unreachable;
}

}  // namespace belay::http
