#include "drivers/health_probe.hpp"

#include <atomic>
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
  return ask_until_healthy(check, {}, [](int, const std::string&) {}, std::move(stop));
}

docker::Inspection container(std::vector<int> exposed, std::vector<std::string> published) {
  docker::Inspection inspection;
  inspection.addresses = {{"shop_default", "172.20.0.3"}};
  inspection.exposed_tcp_ports = std::move(exposed);
  inspection.published = std::move(published);
  return inspection;
}

}  // namespace

TEST_CASE("one good answer is not health: it takes as many in a row as are asked for") {
  Answering app({200, 500, 200, 200, 200});
  const auto verdict = ask(check_of(app.server.url(), 5, 3));
  CHECK(verdict.healthy);
  CHECK(verdict.finding.ends_with("(3 of 3)"));
  CHECK(app.asked == 5);
}

TEST_CASE("attempts that fail are counted, and the last finding is told") {
  Answering app({500});
  std::vector<int> attempts;
  const auto verdict =
      ask_until_healthy(check_of(app.server.url(), 3), {},
                        [&](int attempt, const std::string&) { attempts.push_back(attempt); }, {});
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
  const auto verdict =
      ask_until_healthy(check, [&] { return ++looks > 2; }, [](int, const std::string&) {}, {});
  CHECK(verdict.healthy);
}

TEST_CASE("a container's own port is the one that the health URL's is published from") {
  const auto own =
      own_address(container({3000, 9229}, {"0.0.0.0:9229->9229/tcp", "127.0.0.1:3001->3000/tcp"}),
                  "http://localhost:3001/health");
  REQUIRE(own.has_value());
  CHECK(own->address == "172.20.0.3");
  CHECK(own->port == 3000);
}

TEST_CASE("a port that only ends alike is not the one that is published") {
  CHECK_FALSE(
      own_address(container({1, 2}, {"0.0.0.0:13001->3000/tcp"}), "http://localhost:3001/").has_value());
}

TEST_CASE("behind a public URL it is the only exposed port, if there is only one") {
  CHECK(own_address(container({3000}, {}), "https://api.example.com/health")->port == 3000);
  CHECK(own_address(container({3000}, {}), "")->port == 3000);
  CHECK_FALSE(own_address(container({3000, 9229}, {}), "https://api.example.com/").has_value());
}

TEST_CASE("a container without an address of its own cannot be asked past the proxy") {
  docker::Inspection inspection;
  inspection.exposed_tcp_ports = {3000};
  CHECK_FALSE(own_address(inspection, "").has_value());
}

TEST_CASE("all listen when each does") {
  LocalServer server([](const LocalServer::Peer& peer) { peer.hold(); });
  const ReservedPort silent;
  const OwnAddress there{"127.0.0.1", server.port()}, nobody{"127.0.0.1", silent.number()};
  CHECK(all_listen({there}));
  CHECK_FALSE(all_listen({there, nobody}));
}
