#include "control/confirmation.hpp"

#include <atomic>

#include <doctest/doctest.h>

#include "../drivers/local_server.hpp"
#include "base/error.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

namespace {

std::string answer(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

/// Answers with these statuses in turn, the last for ever.
class Script {
 public:
  explicit Script(std::vector<int> statuses) : statuses_(std::move(statuses)) {}
  std::string url() const { return server_.url("/health"); }
  int asked() const { return asked_; }

 private:
  std::vector<int> statuses_;
  std::atomic<int> asked_{0};
  LocalServer server_{[this](const LocalServer::Peer& peer) {
    peer.read_request();
    const auto number = static_cast<std::size_t>(asked_++);
    const int status = statuses_[std::min(number, statuses_.size() - 1)];
    peer.say(answer(status, status == 200 ? "{\"status\":\n \"ok\"}" : "no"));
  }};
};

HealthCheck check(const std::string& url, int attempts, int successes) {
  HealthCheck health;
  health.url = url;
  health.attempts = attempts;
  health.successes = successes;
  health.interval = 10ms;
  health.timeout = 2s;
  return health;
}

const OnAttempt nobody = [](int, int, const std::string&) {};
const Deadline soon() {
  return Deadline::in(20s);
}

}  // namespace

TEST_CASE("a URL that answers well as often as wanted is confirmed, with its body") {
  const Script script({200});
  const Confirmation found = confirm_from_here(check(script.url(), 3, 2), nobody, {}, soon());
  CHECK(found.ok);
  CHECK(script.asked() == 2);
  CHECK(found.detail.find("answered 200 (2 of 2)") != std::string::npos);
  CHECK(found.detail.find("{\"status\":  \"ok\"}") != std::string::npos);
}

TEST_CASE("good answers count only in a row") {
  const Script script({200, 500, 200, 503, 200, 200});
  std::vector<std::string> findings;
  const auto keep = [&](int, int, const std::string& finding) { findings.push_back(finding); };
  CHECK(confirm_from_here(check(script.url(), 5, 2), keep, {}, soon()).ok);
  CHECK(findings.size() == 6);
  CHECK(findings[1].find("answered 500") != std::string::npos);
}

TEST_CASE("a URL that keeps failing is given up after the attempts, with the last finding") {
  const Script script({500});
  const Confirmation found = confirm_from_here(check(script.url(), 4, 2), nobody, {}, soon());
  CHECK(!found.ok);
  CHECK(script.asked() == 4);
  CHECK(found.detail.find("answered 500") != std::string::npos);
}

TEST_CASE("a redirect is no health") {
  const Script script({302});
  CHECK(!confirm_from_here(check(script.url(), 1, 1), nobody, {}, soon()).ok);
}

TEST_CASE("a redirect leads to no other host than the one that belay.yml names") {
  const Script elsewhere({200});
  const std::string other_name = "http://localhost:" + elsewhere.url().substr(17);
  REQUIRE(elsewhere.url().starts_with("http://127.0.0.1:"));
  struct Row {
    std::string location;
    bool is_followed;
  };
  const Row rows[]{
      {other_name, false},
      {"//localhost:" + elsewhere.url().substr(17), false},
      {"http://169.254.169.254/latest/meta-data", false},
      {"http://[::1]:1/", false},
      {elsewhere.url(), true},  // another port of the same host
      {"/good", true},
  };
  for (const auto& [location, is_followed] : rows) {
    CAPTURE(location);
    const int asked_before = elsewhere.asked();
    const LocalServer server([&](const LocalServer::Peer& peer) {
      const std::string request = peer.read_request();
      peer.say(request.starts_with("GET /good ")
                   ? answer(200, "ok")
                   : "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n");
    });
    HealthCheck health = check(server.url("/health"), 1, 1);
    health.follow_redirects = true;
    const Confirmation found = confirm_from_here(health, nobody, {}, soon());
    CHECK(found.ok == is_followed);
    if (!is_followed) {
      CHECK(elsewhere.asked() == asked_before);
      CHECK(found.detail.contains("Location: " + location + ", which is another host"));
      CHECK(found.detail.contains("health.from: host"));
    }
  }
}

TEST_CASE("nobody listening is a finding, not an error") {
  const ReservedPort silent;
  const Confirmation found = confirm_from_here(check(silent.url(), 2, 1), nobody, {}, soon());
  CHECK(!found.ok);
  CHECK(found.detail.find("refused") != std::string::npos);
}

TEST_CASE("a server that never answers costs one attempt's time limit, not for ever") {
  const LocalServer server([](const LocalServer::Peer& peer) { peer.hold(); });
  HealthCheck health = check(server.url(), 2, 1);
  health.timeout = 50ms;
  const Confirmation found = confirm_from_here(health, nobody, {}, soon());
  CHECK(!found.ok);
}

TEST_CASE("the deadline ends the asking") {
  const Script script({500});
  CHECK(!confirm_from_here(check(script.url(), 1'000'000, 1), nobody, {}, Deadline::in(100ms)).ok);
}

TEST_CASE("once it is stopped it asks nothing") {
  const Script script({500});
  std::stop_source source;
  source.request_stop();
  CHECK(!confirm_from_here(check(script.url(), 1'000'000, 1), nobody, source.get_token(), soon()).ok);
  CHECK(script.asked() == 0);
}

TEST_CASE("only a URL that this machine's own belay.yml names is asked, with what is written there") {
  EnvironmentConfig own;
  own.health.url = "https://shop.example/h";
  own.health.password = "secret";
  own.service_health = {{"api", {.url = "https://api.example/"}}};
  CHECK(check_to_confirm(own, "https://shop.example/h").value().password == "secret");
  CHECK(check_to_confirm(own, "https://api.example/").has_value());
  CHECK_FALSE(check_to_confirm(own, "http://169.254.169.254/").has_value());
  CHECK_FALSE(check_to_confirm(own, "https://shop.example/h?also=this").has_value());
}
