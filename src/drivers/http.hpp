#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/deadline.hpp"
#include "model/url.hpp"

namespace belay::http {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;                            // at most 64 KiB; the rest is dropped
  std::chrono::milliseconds took{0};
};

/// As parse_url(). Throws Error{exit code 2} on what is no URL.
Url url_of(const std::string&);

/// Where a redirect leads: its Location, resolved against the URL that was asked. Empty if the answer is no
/// redirect, or leads to no http or https URL. User and password go along only to the same scheme, host and
/// port.
std::optional<Url> redirect_of(const Url& asked, const Answer&);

/// Further header lines of a request: names and values. A name replaces the line that would be sent else
/// (Host, User-Agent …).
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The same question, asked of the server at address:port itself, past the proxies that the URL goes through:
/// with the URL's own name in its headers.
struct Asked {
  Url url;
  Headers headers{};
};
Asked asked_of(const Url&, const std::string& address, int port);

struct Exchange {
  std::optional<Answer> answer;
  std::string why;  // if there is no answer: "connection refused", "no answer within 5 s" …
};
struct Request {
  Url url;
  std::string method = "GET";
  Headers headers{};
  std::string body{};
};
/// One request on a fresh connection: no redirects are followed, certificates are verified against the
/// system's store (SSL_CERT_FILE is honoured). The whole exchange keeps the deadline.
Exchange exchange(const Request&, std::stop_token, Deadline);
/// A GET.
Exchange get(const Url&, std::stop_token, Deadline, const Headers& = {});

/// What a connection to address:port meets. Never throws.
enum class Listens {
  yes,
  no,           // the address answers, but nothing listens there
  unreachable,  // no route, or nothing answers within the deadline
};
Listens listens(const std::string& address, int port, Deadline);

}  // namespace belay::http
