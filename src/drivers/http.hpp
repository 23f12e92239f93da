#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.hpp"

namespace belay::http {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;                            // at most 64 KiB; the rest is dropped
  std::chrono::milliseconds took{0};
};

/// Why no answer came, as a value: for a health check that is news, not a fault.
struct NoAnswer {
  std::string why;  // "connection refused", "no answer within 5 s", "certificate has expired" …
};

struct Url {
  std::string scheme, host, port, target;  // target: path and query
  /// Asked for in the name of another: what the Host header says, and X-Forwarded-Proto.
  std::string for_host{}, for_scheme{};
  std::string shown() const;
};
/// http and https; IPv6 literals in brackets. Throws Error on anything else.
Url parse_url(const std::string&);
/// The same question, asked of the server at address:port itself, past the proxies that the URL goes through.
Url asked_of(const Url&, const std::string& address, int port);

struct Exchange {
  std::optional<Answer> answer;
  std::string why;  // if there is no answer
};
/// One GET on a fresh connection: no redirects are followed, certificates are verified against the system's
/// store (SSL_CERT_FILE is honoured). The whole exchange keeps the deadline.
Exchange get(const Url&, std::stop_token, Deadline);

/// Whether something accepts at address:port now. Never throws.
bool accepts(const std::string& address, int port, Deadline);

}  // namespace belay::http
