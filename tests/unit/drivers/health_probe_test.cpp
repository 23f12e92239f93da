#include "drivers/health_probe.hpp"

#include <atomic>
#include <functional>
#include <thread>

#include <doctest/doctest.h>

#include "drivers/http.hpp"
#include "local_server.hpp"

using namespace belay;
using belay::testing::LocalServer;
using belay::testing::ReservedPort;
using namespace std::chrono_literals;

namespace {

/// Answers each request with the next status; the last one for ever.
struct Answering {
  explicit Answering(std::vector<int> with) : statuses(std::move(with)) {}
  std::vector<int> statuses;
  std::atomic<std::size_t> asked{0};
  LocalServer server{[this](const LocalServer::Peer& peer) {
    peer.read_request();
    const auto at = std::min(asked.fetch_add(1), statuses.size() - 1);
    peer.say("HTTP/1.1 " + std::to_string(statuses[at]) + " x\r\ncontent-length: 0\r\n\r\n");
  }};
};

HealthCheck check_of(const std::string& url, int attempts, int successes = 2) {
  return {.url = url, .attempts = attempts, .interval = 10ms, .timeout = 5s, .successes = successes};
}

HealthVerdict ask(const HealthCheck& check, std::stop_token stop = {}) {
  return ask_until_healthy({.check = check, .stop = std::move(stop)});
}

/// Answers each request with what `answer` makes of it.
struct Scripted {
  explicit Scripted(std::function<std::string(const std::string& request)> with) : answer(std::move(with)) {}
  std::function<std::string(const std::string&)> answer;
  std::atomic<int> asked{0};
  LocalServer server{[this](const LocalServer::Peer& peer) {
    const auto request = peer.read_request();
    ++asked;
    peer.say(answer(request));
  }};
};

std::string head(const std::string& status_and_headers) {
  return "HTTP/1.1 " + status_and_headers + "\r\ncontent-length: 0\r\n\r\n";
}

}  // namespace

TEST_CASE("one good answer is not health: it takes as many in a row as are asked for") {
  Answering app({200, 500, 200, 200, 200});
  const auto verdict = ask(check_of(app.server.url(), 5, 3));
  CHECK(verdict.healthy);
  CHECK(verdict.finding.contains("answered 200 (3 of 3) in "));
  CHECK(app.asked == 5);
}

TEST_CASE("attempts that fail are counted, and the last finding is told") {
  Answering app({500});
  std::vector<int> attempts;
  const auto check = check_of(app.server.url(), 3);
  const auto verdict = ask_until_healthy(
      {.check = check, .on_attempt = [&](int attempt, const std::string&) { attempts.push_back(attempt); }});
  CHECK_FALSE(verdict.healthy);
  CHECK(verdict.finding.find("answered 500") != std::string::npos);
  CHECK(attempts == std::vector<int>{1, 2, 3});
}

TEST_CASE("an app that is good and bad in turn is given up") {
  Answering app({200, 500, 200, 500, 200, 500, 200, 500, 200, 500, 200, 500});
  CHECK_FALSE(ask(check_of(app.server.url(), 3)).healthy);
  CHECK(app.asked == 6);
}

TEST_CASE("a redirect is no health") {
  Answering app({301});
  CHECK_FALSE(ask(check_of(app.server.url(), 1)).healthy);
}

TEST_CASE("a request that is never answered ends at its own limit") {
  LocalServer silent([](const LocalServer::Peer& peer) { peer.hold(); });
  auto check = check_of(silent.url(), 2);
  check.timeout = 50ms;
  const auto verdict = ask(check);
  CHECK_FALSE(verdict.healthy);
  CHECK(verdict.finding.find("no answer within") != std::string::npos);
}

TEST_CASE("a refused connection is a finding, not an exception") {
  const ReservedPort nobody;
  const auto verdict = ask(check_of(nobody.url(), 2));
  CHECK_FALSE(verdict.healthy);
  CHECK(verdict.finding.find("refused") != std::string::npos);
}

TEST_CASE("who is asked to stop does not wait for the answer, nor for the interval") {
  LocalServer silent([](const LocalServer::Peer& peer) { peer.hold(); });
  auto check = check_of(silent.url(), 100);
  check.interval = check.timeout = 10min;
  std::stop_source stop;
  std::jthread stopping([&] { stop.request_stop(); });
  CHECK_FALSE(ask(check, stop.get_token()).healthy);
}

TEST_CASE("an app that begins to listen is asked at once, not after the interval") {
  Answering app({503, 200});
  auto check = check_of(app.server.url(), 2, 1);
  check.interval = 10min;  // waited out, it would be the test's own time limit that ends it
  std::atomic<int> looks{0};
  const auto verdict = ask_until_healthy({.check = check, .listens = [&] { return ++looks > 2; }});
  CHECK(verdict.healthy);
}

TEST_CASE(
    "a redirect that was not expected is told with where it leads, and with the keys that would allow it") {
  Scripted app([](const std::string&) { return head("301 x\r\nLocation: https://shop.example/v"); });
  const auto verdict = ask(check_of(app.server.url(), 1));
  CHECK_FALSE(verdict.healthy);
  CHECK(verdict.finding.contains("answered 301"));
  CHECK(verdict.finding.contains("Location: https://shop.example/v"));
  CHECK(verdict.cure.contains("health.follow_redirects: true"));
  CHECK(verdict.cure.contains("X-Forwarded-Proto"));
}

TEST_CASE("a login that was not expected is told with its challenge, and with the keys for it") {
  Scripted app([](const std::string&) { return head("401 x\r\nWWW-Authenticate: Basic realm=\"ops\""); });
  const auto verdict = ask(check_of(app.server.url(), 1));
  CHECK_FALSE(verdict.healthy);
  CHECK(verdict.finding.contains("WWW-Authenticate: Basic realm=\"ops\""));
  CHECK(verdict.cure.contains("health.user"));
}

TEST_CASE("a status that is named is good, and no other") {
  Answering app({401, 200});
  auto check = check_of(app.server.url(), 1, 1);
  check.status = {401};
  CHECK(ask(check).healthy);
  const auto verdict = ask(check);
  CHECK_FALSE(verdict.healthy);
  CHECK(verdict.finding.contains("answered 200"));
}

TEST_CASE("headers and a login are sent, and neither value nor password is in the finding") {
  Scripted app([](const std::string& request) {
    const bool right = request.contains("X-Token: t0ken\r\n") && request.contains("Host: shop.example\r\n") &&
                       request.contains("Authorization: Basic b3BzOnNlY3JldA==\r\n");
    return head(right ? "200 x" : "400 x");
  });
  auto check = check_of(app.server.url(), 1, 1);
  check.headers = {{"X-Token", "t0ken"}, {"Host", "shop.example"}};
  check.user = "ops";
  check.password = "secret";
  const auto verdict = ask(check);
  CHECK(verdict.healthy);
  CHECK(verdict.finding.contains("//ops:***@127.0.0.1"));
  CHECK_FALSE(verdict.finding.contains("secret"));
  CHECK_FALSE(verdict.finding.contains("t0ken"));
}

TEST_CASE("redirects are followed if that is asked for, on one server with the login, five at the most") {
  Scripted app([](const std::string& request) {
    if (request.starts_with("GET /here ")) return head("302 x\r\nLocation: /there?a=1");
    if (request.starts_with("GET /there?a=1 ")) return head("307 x\r\nLocation: end");
    if (request.starts_with("GET /loop ")) return head("302 x\r\nLocation: /loop");
    return head(request.contains("Authorization: Basic") ? "204 x" : "400 x");
  });
  auto check = check_of(app.server.url("/here"), 1, 1);
  check.follow_redirects = true;
  check.user = "ops";
  const auto verdict = ask(check);
  CHECK(verdict.healthy);
  CHECK(verdict.finding.contains("/end answered 204"));
  CHECK(app.asked == 3);
  check.url = app.server.url("/loop");
  CHECK_FALSE(ask(check).healthy);
  CHECK(app.asked == 3 + 6);
}

TEST_CASE("a login does not go along to another server") {
  Scripted other(
      [](const std::string& request) { return head(request.contains("Authorization") ? "500 x" : "200 x"); });
  Scripted app([&](const std::string&) { return head("302 x\r\nLocation: " + other.server.url("/")); });
  auto check = check_of(app.server.url(), 1, 1);
  check.follow_redirects = true;
  check.user = "ops";
  CHECK(ask(check).healthy);
}

TEST_CASE(
    "a container that is asked itself answers in the URL's name, and is not left for where it sends to") {
  Scripted app([](const std::string& request) {
    const bool right = request.starts_with("GET /h ") && request.contains("Host: shop.example\r\n") &&
                       request.contains("X-Forwarded-Proto: https\r\n");
    return head(right ? "302 x\r\nLocation: https://login.example/" : "400 x");
  });
  auto check = check_of("https://shop.example/h", 1, 1);
  check.follow_redirects = true;
  const auto verdict = ask_until_healthy({.check = check, .at = Endpoint{"127.0.0.1", app.server.port()}});
  CHECK(verdict.healthy);
  CHECK(app.asked == 1);
}

TEST_CASE("interim answers are no answer") {
  Scripted app([](const std::string&) {
    return "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + head("200 x");
  });
  CHECK(ask(check_of(app.server.url(), 1)).healthy);
}

TEST_CASE("the deadline ends the asking, whatever attempts are left") {
  Answering app({500});
  const auto check = check_of(app.server.url(), 1'000'000);
  CHECK_FALSE(ask_until_healthy({.check = check, .deadline = Deadline::in(50ms)}).healthy);
}

TEST_CASE("a check is filled in where it is asked, and told as it is written") {
  std::string request;
  Scripted app([&](const std::string& asked) { return request = asked, head("200 OK"); });
  HealthCheck check = check_of(app.server.url() + "?token=${TOKEN}", 1, 1);
  check.user = "${USER}";
  check.password = "pa$$${WORD}";
  check.headers = {{"X-Token", "Bearer ${TOKEN}"}};
  const auto verdict =
      ask_until_healthy({.check = check, .values = {{"TOKEN", "t0ken"}, {"USER", "me"}, {"WORD", "w0rd"}}});
  CHECK(verdict.healthy);
  CHECK(request.contains("?token=t0ken"));
  CHECK(request.contains("X-Token: Bearer t0ken"));
  CHECK(request.contains("bWU6cGEkdzByZA=="));  // me:pa$w0rd
  CHECK(verdict.finding.contains("?token=${TOKEN} answered 200"));
  CHECK_FALSE(verdict.finding.contains("t0ken"));
}

TEST_CASE("a secret that an answer tells is masked also where the body is cut within it") {
  const std::string secret = "the-secret-of-the-app";
  for (std::size_t before = 180; before <= 205; ++before) {
    Scripted app([&](const std::string&) {
      const auto body = std::string(before, '.') + secret + " and more";
      return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    });
    const auto verdict =
        ask_once({.check = check_of(app.server.url(), 1), .masks = Masks(Values{{"X", secret}})});
    CHECK(verdict.healthy);
    CHECK_FALSE(verdict.finding.contains("the"));
  }
}

TEST_CASE("a check whose values are not here is not asked, and says which it lacks") {
  Answering app({200});
  HealthCheck check = check_of(app.server.url() + "?token=${TOKEN}", 3, 1);
  check.headers = {{"X", "${OTHER}${TOKEN}"}};
  const auto verdict = ask(check);
  CHECK_FALSE(verdict.healthy);
  CHECK(verdict.finding.contains("not asked, since there is no value here for TOKEN, OTHER"));
  CHECK(app.asked == 0);
}
