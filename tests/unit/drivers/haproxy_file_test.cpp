#include <doctest/doctest.h>

#include "drivers/haproxy.hpp"

using namespace belay;
using namespace std::chrono_literals;

namespace {

haproxy::Configuration one_service() {
  return {.listeners = {{.name = "inside_3000", .port = 3000, .http = true, .backend = "web_3000"}},
          .backends = {{.name = "web_3000", .port = 3000, .http = true, .slots = {"belay-0011-1", ""}}},
          .hold = 30s,
          .drain = 60s};
}

}  // namespace

TEST_CASE("who stands in a slot is in service from the start; a free slot is not, and is never asked for") {
  const auto text = haproxy::text(one_service());
  CHECK(text.contains("server s1 belay-0011-1:3000 weight 100 resolvers docker init-addr libc,none\n"));
  CHECK(text.contains(
      "server s2 nobody.belay.invalid:3000 weight 100 resolvers docker init-addr none disabled\n"));
  CHECK(text.contains("server hold 127.0.0.1:1 backup\n"));
}

TEST_CASE("whoever has the directory can ask where a host is, and nobody else") {
  CHECK(haproxy::text(one_service()).contains("bind unix@/belay/names.sock mode 600\n"));
}

TEST_CASE("tries times the pause between them is the time that a request is held") {
  const auto text = haproxy::text(one_service());
  CHECK(text.contains("timeout connect 200ms\n"));
  CHECK(text.contains("retries 150\n"));
}

TEST_CASE("a process that another takes the place of has as long as a release to end what it is at") {
  CHECK(haproxy::text(one_service()).contains("hard-stop-after 60000ms\n"));
}

TEST_CASE("bytes are passed on without a look at them") {
  auto configuration = one_service();
  configuration.listeners.front().http = configuration.backends.front().http = false;
  const auto whole = haproxy::text(configuration);
  const auto text = whole.substr(whole.find("frontend inside_3000"));
  CHECK_FALSE(text.contains("mode http"));
  CHECK_FALSE(text.contains("forwardfor"));
  CHECK_FALSE(text.contains("http-server-close"));
}

TEST_CASE("services that share a port are told apart by the host") {
  auto configuration = one_service();
  configuration.listeners.front().by_host = {{"api", "api_3000"}};
  CHECK(
      haproxy::text(configuration).contains("use_backend api_3000 if { req.hdr(host),field(1,:) -i api }\n"));
}

TEST_CASE("the same configuration gives the same text") {
  CHECK(haproxy::text(one_service()) == haproxy::text(one_service()));
}

TEST_CASE("TLS ends where a listener has certificates; what asks there is told to have come encrypted") {
  auto configuration = one_service();
  CHECK_FALSE(haproxy::text(configuration).contains("ssl"));
  configuration.listeners.push_back({.name = "tls_web_3000",
                                     .port = 20000,
                                     .backend = "web_3000",
                                     .certificates = {"certificate-1.pem", "certificate-2.pem"}});
  const auto text = haproxy::text(configuration);
  CHECK(
      text.contains("  bind :20000 ssl crt /belay/certificate-1.pem crt /belay/certificate-2.pem alpn "
                    "h2,http/1.1\n  http-request set-header X-Forwarded-Proto https\n"));
  CHECK(text.contains("  bind :3000\n"));
  CHECK(text.contains("  ssl-default-bind-options ssl-min-ver TLSv1.2\n"));
}

TEST_CASE("only the proxies named may say whom they speak for") {
  auto configuration = one_service();
  CHECK_FALSE(haproxy::text(configuration).contains("expect-proxy"));
  configuration.proxy_protocol_from = {"10.0.0.5", "10.1.0.0/16"};
  CHECK(haproxy::text(configuration)
            .contains("  tcp-request connection expect-proxy layer4 if { src 10.0.0.5 10.1.0.0/16 }\n"));
}
