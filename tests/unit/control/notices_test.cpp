#include "control/notices.hpp"

#include <atomic>

#include <doctest/doctest.h>

#include "../drivers/local_server.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

namespace {

const NoticePatience soon{.attempts = 3, .attempt = 300ms, .pause = 10ms, .all = 5s};

Notice notice() {
  Notice one;
  one.app = "crm";
  one.environment = "production";
  one.outcome = Notice::Outcome::deployed;
  return one;
}

NoticeTarget to(const std::string& url) {
  return {Webhook{.url = url}};
}

std::string answer(const std::string& status, const std::string& body = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("a server that is busy twice gets the notice the third time") {
  std::atomic<int> asked = 0;
  const LocalServer server([&](const LocalServer::Peer& peer) {
    peer.read_request();
    peer.say(answer(++asked < 3 ? "503 Busy" : "200 OK"));
  });
  const auto sent = send_notices({to(server.url())}, notice(), {}, soon);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].ok);
  CHECK(sent[0].attempts == 3);
  CHECK(sent[0].answer == "answered 200");
}

TEST_CASE("what a server refuses for good is not tried again, and its words are told") {
  std::atomic<int> asked = 0;
  const LocalServer server([&](const LocalServer::Peer& peer) {
    peer.read_request();
    ++asked;
    peer.say(answer("404 Not Found", "no_such_hook\nmore"));
  });
  const auto sent = send_notices({to(server.url())}, notice(), {}, soon);
  CHECK_FALSE(sent[0].ok);
  CHECK(sent[0].answer == "answered 404: no_such_hook");
  CHECK(asked == 1);
}

TEST_CASE("a server that hangs, one that refuses and one that takes it do not wait for each other") {
  const LocalServer hangs([](const LocalServer::Peer& peer) { peer.hold(); });
  const ReservedPort refuses;
  const LocalServer good([](const LocalServer::Peer& peer) {
    peer.read_request();
    peer.say(answer("204 No Content"));
  });
  auto not_set = to(good.url());
  not_set.unready = "a variable of it is not set";
  const auto sent =
      send_notices({to(hangs.url()), to(refuses.url()), to(good.url()), not_set}, notice(), {}, soon);
  REQUIRE(sent.size() == 4);
  CHECK_FALSE(sent[0].ok);
  CHECK(sent[0].answer.contains("no answer within"));
  CHECK(sent[0].attempts == 3);
  CHECK_FALSE(sent[1].ok);
  CHECK(sent[1].answer == "connection refused");
  CHECK(sent[2].ok);
  CHECK(sent[3].answer == "a variable of it is not set");
}

TEST_CASE("all attempts together have a limit, and a server's wish for a later one does not pass it") {
  std::atomic<int> asked = 0;
  const LocalServer server([&](const LocalServer::Peer& peer) {
    peer.read_request();
    ++asked;
    peer.say("HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n");
  });
  const auto sent = send_notices({to(server.url())}, notice(), {}, soon);
  CHECK_FALSE(sent[0].ok);
  CHECK(sent[0].answer == "answered 429");
  CHECK(asked == 1);
}

TEST_CASE("a target that does not want this end gets nothing") {
  auto target = to("http://127.0.0.1:1/");
  target.on = {NoticeEvent::failure};
  CHECK(send_notices({target}, notice(), {}, soon).empty());
}

TEST_CASE("what GitLab refuses because it is so already counts as set, and nothing else that it refuses") {
  for (const auto& [state, taken] : {std::pair{":pending", true}, {":running", false}}) {
    const LocalServer server([&](const LocalServer::Peer& peer) {
      peer.read_request();
      peer.say(
          answer("400 Bad Request",
                 std::string("{\"message\":\"Cannot transition status via :enqueue from ") + state + "\"}"));
    });
    auto beginning = notice();
    beginning.outcome = Notice::Outcome::begun;
    beginning.commit.id = "4f2a9c1";
    const NoticeTarget target{CommitStatus{
        .at = CommitStatus::Kind::gitlab, .repository = "a/b", .token = "t", .api = server.url("")}};
    const auto sent = send_notices({target}, beginning, {}, soon);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].ok == taken);
    CHECK(sent[0].answer.starts_with("answered 400"));
  }
}
