#include "drivers/health_probe.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/human.hpp"
#include "base/pause.hpp"
#include "drivers/http.hpp"

namespace belay {

namespace {

constexpr std::chrono::milliseconds between_successes{100}, between_looks{25};
constexpr int most_redirects = 5;
constexpr std::size_t shown_of_body = 200;

void pause(std::chrono::milliseconds time, const Asking& asking) {
  pause(time, asking.stop, asking.deadline);
}

/// Until the interval is over, or something listens that did not when the pause began.
void pause_until_listening(const Asking& asking) {
  if (!asking.listens || asking.listens()) return pause(asking.check.interval, asking);
  const auto until = asking.deadline.or_in(asking.check.interval);
  while (!until.expired() && !asking.stop.stop_requested()) {
    pause(between_looks, asking);
    if (asking.listens()) return;
  }
}

std::string shown_time(std::chrono::milliseconds took) {
  return took < std::chrono::seconds(1) ? fmt::format("{} ms", took.count()) : human_duration(took);
}

/// The body on one line, as much of it as a report can bear. It is masked before it is cut: the beginning of
/// a secret is not found any more.
std::string shown_body(const std::string& whole, const Masks& masks) {
  const auto body = masks.masked(whole);
  std::string shown;
  for (const char c : body.substr(0, shown_of_body)) shown += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  while (shown.ends_with(' ')) shown.pop_back();
  return shown.empty() ? "" : ": " + shown + (body.size() > shown_of_body ? "…" : "");
}

std::string header_of(const http::Answer& answer, const char* name) {
  const auto found = answer.headers.find(name);
  return found == answer.headers.end() ? std::string{} : found->second;
}

/// One question, with the redirects that it led through.
struct Talk {
  http::Exchange exchange;
  std::string through{};    // ", redirected to …"
  bool leads_away = false;  // a container that was asked itself sends to another server: asked no further
  bool refused = false;     // see Asking::own_host_only
};

Talk talk(const Asking& asking) {
  const auto check = asking.check.filled(asking.values);
  Url named = http::url_of(check.url);
  named.user = check.user;
  named.password = check.password;
  const auto deadline = asking.deadline.or_in(check.timeout);
  Talk talk;
  for (int redirects = 0;; ++redirects) {
    auto asked =
        asking.at ? http::asked_of(named, asking.at->address, asking.at->port) : http::Asked{.url = named};
    for (const auto& [name, value] : check.headers) asked.headers.emplace_back(name, value);
    talk.exchange = http::get(asked.url, asking.stop, deadline, asked.headers);
    if (!check.follow_redirects || redirects == most_redirects || !talk.exchange.answer) return talk;
    const auto leads = http::redirect_of(named, *talk.exchange.answer);
    if (!leads) return talk;
    const bool leads_away = !same_host(*leads, named);
    if (leads_away && asking.own_host_only) {
      talk.refused = true;
      return talk;
    }
    talk.through += ", redirected to " + leads->shown();
    talk.leads_away = asking.at && leads_away;
    if (talk.leads_away) return talk;
    named = *leads;
  }
}

/// What an answer that was not expected means, and the key that would allow it.
struct Explained {
  std::string text, cure;
};

Explained explained(const HealthCheck& check, const http::Answer& answer) {
  const auto status = answer.status;
  if (const auto location = header_of(answer, "location"); status / 100 == 3 && !location.empty())
    return {
        ", Location: " + location,
        fmt::format("if this redirect is right, set health.status: {}, or health.follow_redirects: true. If "
                    "the app redirects what does not come by https, set health.headers: "
                    "{{ X-Forwarded-Proto: https }}",
                    status)};
  if (status == 401) {
    const auto challenge = header_of(answer, "www-authenticate");
    return {challenge.empty() ? "" : ", WWW-Authenticate: " + challenge,
            check.user.empty() ? "if a login is right there, set health.user and health.password, or "
                                 "health.headers: { Authorization: … }, or health.status: 401"
                               : "correct health.user and health.password"};
  }
  return {};
}

Explained refused_redirect(const http::Answer& answer) {
  return {", Location: " + header_of(answer, "location") + ", which is another host",
          "belay asks only the host that health.url names, since who has broken into the server could else "
          "have this machine ask anything. Write the address that answers into health.url, or have the "
          "server ask: health.from: host"};
}

HealthVerdict judged(const Asking& asking, const Talk& talk, int good_before) {
  const auto& check = asking.check;
  const auto url = check.shown_url();
  if (!talk.exchange.answer)
    return {false, fmt::format("GET {}{}: {}", url, talk.through, talk.exchange.why)};
  const auto& answer = *talk.exchange.answer;
  const bool good = talk.leads_away || check.is_good(answer.status);
  const auto [text, cure] = good           ? Explained{}
                            : talk.refused ? refused_redirect(answer)
                                           : explained(check, answer);
  const auto count = good ? fmt::format(" ({} of {})", good_before + 1, check.successes) : std::string{};
  return {good,
          fmt::format("GET {}{} answered {}{} in {}{}{}", url, talk.through, answer.status, count,
                      shown_time(answer.took), text, shown_body(answer.body, asking.masks)),
          cure};
}

}  // namespace

HealthVerdict ask_until_healthy(const Asking& asking) {
  const auto& check = asking.check;
  HealthVerdict last{false, fmt::format("GET {}: not asked", check.shown_url())};
  if (const auto missing = check.missing(asking.values); !missing.empty()) {
    last.finding += fmt::format(", since there is no value here for {}", fmt::join(missing, ", "));
    return last;
  }
  int successes = 0;
  for (int attempt = 1;
       attempt <= check.attempts && !asking.stop.stop_requested() && !asking.deadline.expired();) {
    auto verdict = judged(asking, talk(asking), successes);
    if (asking.stop.stop_requested()) break;
    last = std::move(verdict);
    if (asking.on_attempt) asking.on_attempt(attempt, last.finding);
    successes = last.healthy ? successes + 1 : 0;
    if (successes >= check.successes) return last;
    if (last.healthy)
      pause(std::min(between_successes, check.interval), asking);
    else if (attempt++ < check.attempts)
      pause_until_listening(asking);
  }
  last.healthy = false;
  return last;
}

HealthVerdict ask_once(const Asking& asking) {
  auto once = asking.check;
  once.attempts = once.successes = 1;
  return ask_until_healthy({.check = once,
                            .values = asking.values,
                            .masks = asking.masks,
                            .stop = asking.stop,
                            .deadline = asking.deadline});
}

}  // namespace belay
