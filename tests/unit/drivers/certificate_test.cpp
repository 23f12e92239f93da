#include "drivers/certificate.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "test_certificates.hpp"

using namespace belay;
using namespace belay::testing;

TEST_CASE("a certificate tells its names and its end") {
  const auto authority = make_authority("the authority");
  const auto server = make_server(authority, "DNS:crm.example.com,DNS:example.com,IP:127.0.0.1");
  const auto certificate =
      certificate_with_key(server.pem() + authority.pem() + "\n" + server.key_pem(), "crm.pem");
  CHECK(certificate.names == std::vector<std::string>{"crm.example.com", "example.com"});
  CHECK(certificate.until > now() + std::chrono::hours(22));
  CHECK(certificate.until < now() + std::chrono::hours(24));
  // The key may as well come first.
  CHECK(certificate_with_key(server.key_pem() + server.pem(), "crm.pem").names == certificate.names);
  // Nobody says what it is for but its own name.
  CHECK(certificate_with_key(authority.pem() + authority.key_pem(), "ca.pem").names ==
        std::vector<std::string>{"the authority"});
}

TEST_CASE("what cannot serve as a certificate is refused, by the name of its file") {
  const auto authority = make_authority("the authority");
  const auto server = make_server(authority, "DNS:crm.example.com"), other = make_server(authority, "DNS:x");
  CHECK_THROWS_WITH_AS(certificate_with_key("", "crm.pem"), "crm.pem holds no certificate", Error);
  CHECK_THROWS_WITH_AS(certificate_with_key(server.key_pem(), "crm.pem"), "crm.pem holds no certificate",
                       Error);
  CHECK_THROWS_WITH_AS(certificate_with_key(server.pem(), "crm.pem"),
                       "crm.pem comes without a private key that can be read", Error);
  CHECK_THROWS_WITH_AS(certificate_with_key(server.pem() + other.key_pem(), "crm.pem"),
                       "crm.pem has another key than the one given", Error);
}
