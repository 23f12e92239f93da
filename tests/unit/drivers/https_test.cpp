#include <csignal>

#include <doctest/doctest.h>

#include "drivers/http.hpp"
#include "local_server.hpp"
#include "scratch.hpp"
#include "test_certificates.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";

/// A TLS server with a certificate of its own, and a client that trusts the authority `trusted`.
struct World {
  Scratch scratch{};
  Identity authority = make_authority("the authority");

  http::Exchange ask(const Identity& server, const Identity& trusted, const std::string& host) {
    std::signal(SIGPIPE, SIG_IGN);  // as main does: OpenSSL writes without MSG_NOSIGNAL
    const WithVariable store("SSL_CERT_FILE", scratch.write("ca.pem", trusted.pem()).string());
    const LocalServer listening(
        [&](const LocalServer::Peer& peer) { serve_over_tls(peer.fd(), server, answer); });
    return http::get(http::url_of("https://" + host + ":" + std::to_string(listening.port())), {},
                     Deadline::in(std::chrono::seconds(10)));
  }
};

}  // namespace

TEST_CASE("an answer over TLS comes through when the certificate is the host's") {
  World world;
  for (const char* host : {"127.0.0.1", "localhost"}) {
    CAPTURE(host);
    const auto exchange =
        world.ask(make_server(world.authority, "DNS:localhost,IP:127.0.0.1"), world.authority, host);
    CHECK(exchange.why == "");
    REQUIRE(exchange.answer);
    CHECK(exchange.answer->body == "secret");
  }
}

TEST_CASE("a certificate that does not prove the host is no answer, and it says why") {
  World world;
  SUBCASE("an authority nobody here knows") {
    const auto exchange = world.ask(make_server(world.authority, "IP:127.0.0.1"),
                                    make_authority("another authority"), "127.0.0.1");
    CHECK(!exchange.answer);
    CHECK(exchange.why == "unable to get local issuer certificate");
  }
  SUBCASE("another name") {
    CHECK(world.ask(make_server(world.authority, "DNS:example.org"), world.authority, "localhost").why ==
          "hostname mismatch");
  }
  SUBCASE("another address") {
    CHECK(world.ask(make_server(world.authority, "IP:127.0.0.2,DNS:localhost"), world.authority, "127.0.0.1")
              .why == "IP address mismatch");
  }
  SUBCASE("expired") {
    CHECK(world.ask(make_server(world.authority, "IP:127.0.0.1", -48), world.authority, "127.0.0.1").why ==
          "certificate has expired");
  }
  SUBCASE("not valid yet") {
    CHECK(world.ask(make_server(world.authority, "IP:127.0.0.1", 2), world.authority, "127.0.0.1").why ==
          "certificate is not yet valid");
  }
}

TEST_CASE("a plain server asked over TLS, and a silent one, are no answers") {
  World world;
  const WithVariable store("SSL_CERT_FILE", world.scratch.write("ca.pem", world.authority.pem()).string());
  const LocalServer plain(
      [](const LocalServer::Peer& peer) { peer.say("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  CHECK(http::get(http::url_of(plain.url("/", "https")), {}, Deadline::in(std::chrono::seconds(10))).why ==
        "wrong version number");
  const LocalServer silent([](const LocalServer::Peer& peer) { peer.hold(); });
  CHECK(http::get(http::url_of(silent.url("/", "https")), {}, Deadline::in(std::chrono::milliseconds(300)))
            .why == "no answer within 0.3 s");
}
