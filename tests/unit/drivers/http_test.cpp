#include "drivers/http.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "local_server.hpp"

using namespace belay;
using namespace std::chrono_literals;
using belay::testing::LocalServer;

namespace {

http::Exchange ask(const LocalServer& server, std::chrono::milliseconds limit = 10s) {
  return http::get(http::url_of(server.url()), {}, Deadline::in(limit));
}

/// Answers every request with `text` and closes.
LocalServer::Serve answering(std::string text) {
  return [text = std::move(text)](const LocalServer::Peer& peer) {
    peer.read_request();
    peer.say(text);
  };
}

}  // namespace

TEST_CASE("what cannot be asked is refused as bad input") {
  for (const char* bad : {"", "localhost", "http://host/a\r\nX: y", "http://höst/"}) {
    CAPTURE(bad);
    try {
      http::url_of(bad);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.exit_code() == ExitCode::bad_input);
    }
  }
}

TEST_CASE("the request is an ordinary GET and the answer comes whole") {
  std::string request;
  const LocalServer server([&](const LocalServer::Peer& peer) {
    request = peer.read_request();
    peer.say(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}");
    peer.hold();  // kept alive: the length alone says that it is over
  });
  const http::Exchange exchange = ask(server);
  REQUIRE(exchange.answer);
  CHECK(exchange.answer->status == 200);
  CHECK(exchange.answer->body == "{\"status\":\"ok\"}");
  CHECK(exchange.answer->headers.at("content-type") == "application/json");
  CHECK(request.starts_with("GET / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
}

TEST_CASE("a chunked answer that comes byte by byte is put together") {
  const LocalServer server([](const LocalServer::Peer& peer) {
    peer.read_request();
    for (const char c : std::string("HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n"
                                    "6;x=y\r\nnot go\r\n2\r\nod\r\n0\r\nTrailer: t\r\n\r\n"))
      peer.say(std::string(1, c));
    peer.hold();
  });
  const http::Exchange exchange = ask(server);
  REQUIRE(exchange.answer);
  CHECK(exchange.answer->status == 500);
  CHECK(exchange.answer->body == "not good");
}

TEST_CASE("a body without a length ends with the connection") {
  const LocalServer server(answering("HTTP/1.0 200 OK\r\n\r\nuntil the end"));
  const http::Exchange exchange = ask(server);
  REQUIRE(exchange.answer);
  CHECK(exchange.answer->body == "until the end");
}

TEST_CASE("interim answers are skipped and redirects are not followed") {
  const LocalServer server(
      answering("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"));
  const http::Exchange exchange = ask(server);
  REQUIRE(exchange.answer);
  CHECK(exchange.answer->status == 302);
  CHECK(exchange.answer->headers.at("location") == "http://127.0.0.1:1/");
  CHECK(!exchange.answer->headers.contains("link"));
}

TEST_CASE("of an endless body 64 KiB are kept and the rest is not waited for") {
  const LocalServer server([](const LocalServer::Peer& peer) {
    peer.read_request();
    peer.say("HTTP/1.1 200 OK\r\n\r\n" + std::string(70'000, 'x'));
    peer.hold();
  });
  const http::Exchange exchange = ask(server);
  REQUIRE(exchange.answer);
  CHECK(exchange.answer->body.size() == 65'536);
}

TEST_CASE("why there is no answer is said in plain words") {
  SUBCASE("nobody listens") {
    const testing::ReservedPort nobody;
    const auto exchange = http::get(http::url_of(nobody.url()), {}, Deadline::in(10s));
    CHECK(!exchange.answer);
    CHECK(exchange.why == "connection refused");
  }
  SUBCASE("the server is silent") {
    const LocalServer server([](const LocalServer::Peer& peer) { peer.hold(); });
    CHECK(ask(server, 300ms).why == "no answer within 0.3 s");
    CHECK(ask(server, 1000ms).why == "no answer within 1 s");
  }
  SUBCASE("the answer begins and hangs") {
    const LocalServer server([](const LocalServer::Peer& peer) {
      peer.read_request();
      peer.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
      peer.hold();
    });
    // How long the server needs until it has begun is up to the machine: it is given longer until it has.
    std::string why;
    for (auto limit = 100ms; !why.starts_with("no complete answer within ") && limit < 60s; limit *= 2)
      why = ask(server, limit).why;
    CHECK(why.starts_with("no complete answer within "));
  }
  SUBCASE("the answer breaks off") {
    const LocalServer server(answering("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
    CHECK(ask(server).why == "the answer broke off");
  }
  SUBCASE("the head breaks off") {
    const LocalServer server(answering("HTTP/1.1 200 OK\r\nConte"));
    CHECK(ask(server).why == "the answer broke off");
  }
  SUBCASE("it hangs up") {
    const LocalServer server(answering(""));
    CHECK(ask(server).why == "the connection was closed without an answer");
  }
  SUBCASE("it speaks something else") {
    const LocalServer server(answering("SSH-2.0-OpenSSH_9.2p1\r\n\r\n"));
    CHECK(ask(server).why.starts_with("not an HTTP answer: "));
  }
}

TEST_CASE("a drip of bytes does not prolong the deadline") {
  // Dripped on by the server for as long as the client stays: a deadline that is put off never comes.
  const LocalServer server([](const LocalServer::Peer& peer) {
    peer.read_request();
    peer.drip("x");
  });
  CHECK(ask(server, 400ms).why == "no answer within 0.4 s");
}

TEST_CASE("a waiting request is cancelled by stop") {
  std::stop_source source;
  const LocalServer server([&](const LocalServer::Peer& peer) {
    peer.read_request();
    source.request_stop();
    peer.hold();
  });
  const auto exchange = http::get(http::url_of(server.url()), source.get_token(), Deadline::in(60s));
  CHECK(exchange.why == "cancelled");
}

TEST_CASE("a host by name is looked up, and its addresses are tried until one stands") {
  // localhost is ::1 first on most machines, where nobody listens.
  const LocalServer server(answering("HTTP/1.1 204 No Content\r\n\r\n"));
  const auto exchange =
      http::get(http::url_of("http://localhost:" + std::to_string(server.port())), {}, Deadline::in(10s));
  CHECK(exchange.why == "");
  REQUIRE(exchange.answer);
  CHECK(exchange.answer->status == 204);
}

TEST_CASE("whether a port accepts") {
  const LocalServer server([](const LocalServer::Peer& peer) { peer.hold(); });
  CHECK(http::listens("127.0.0.1", server.port(), Deadline::in(5s)) == http::Listens::yes);
  const testing::ReservedPort nobody;
  CHECK(http::listens("127.0.0.1", nobody.number(), Deadline::in(5s)) == http::Listens::no);
  CHECK(http::listens("not an address", 80, Deadline::in(5s)) == http::Listens::unreachable);
}
