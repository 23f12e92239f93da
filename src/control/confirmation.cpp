#include "control/confirmation.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/human.hpp"
#include "control/pause.hpp"
#include "drivers/http.hpp"

namespace belay {

namespace {

constexpr std::chrono::milliseconds after_success{250};

/// The body on one line, as much of it as a report can bear.
std::string shown_body(const std::string& body) {
  std::string shown;
  for (const char c : body.substr(0, 200)) shown += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  while (shown.ends_with(' ')) shown.pop_back();
  return shown.empty() ? "" : ": " + shown + (body.size() > 200 ? "…" : "");
}

bool is_good(const http::Exchange& exchange) {
  return exchange.answer && exchange.answer->status >= 200 && exchange.answer->status < 300;
}

std::string finding(const std::string& url, const http::Exchange& exchange, int in_a_row, int wanted) {
  if (!exchange.answer) return fmt::format("GET {}: {}", url, exchange.why);
  const std::string count = is_good(exchange) ? fmt::format(" ({} of {})", in_a_row, wanted) : "";
  return fmt::format("GET {} answered {}{} in {}{}", url, exchange.answer->status, count,
                     human_duration(exchange.answer->took), shown_body(exchange.answer->body));
}

}  // namespace

Confirmation confirm_from_here(const HealthCheck& check, const std::string& url, const OnAttempt& on_attempt,
                               std::stop_token stop, Deadline deadline) {
  const http::Url parsed = http::parse_url(url);
  Confirmation last{.ok = false, .detail = "GET " + url + ": not asked"};
  int in_a_row = 0, failed = 0;
  for (int attempt = 1; !stop.stop_requested() && !deadline.expired(); ++attempt) {
    const http::Exchange exchange = http::get(parsed, stop, deadline.or_in(check.timeout));
    if (stop.stop_requested()) break;
    const bool good = is_good(exchange);
    in_a_row = good ? in_a_row + 1 : 0;
    if (!good) ++failed;
    last.detail = finding(url, exchange, in_a_row, check.successes);
    on_attempt(attempt, check.attempts, last.detail);
    last.ok = in_a_row >= check.successes;
    if (last.ok || failed >= check.attempts) return last;
    pause(good ? std::min(after_success, check.interval) : check.interval, stop, deadline);
  }
  return last;
}

}  // namespace belay
