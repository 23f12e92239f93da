#include <doctest/doctest.h>

#include "certified.hpp"
#include "world.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

/// A host with a certificate, and a client that knows nothing of it.
struct CertifiedHost {
  World world{};
  Authority authority{};

  explicit CertifiedHost(const std::string& name = "127.0.0.1", const std::string& valid = "always:forever") {
    write_file_atomically(world.sshd.known_hosts(), "");
    authority.certify(world.sshd, name, valid);
  }
};

}  // namespace

TEST_CASE("a host that offers a certificate is the pinned one by its own key, and by its authority's") {
  CertifiedHost host;
  SUBCASE("its own") {
    host.world.environment.host_key = host.world.sshd.fingerprint();
  }
  SUBCASE("the authority's") {
    host.world.environment.host_key = host.authority.fingerprint();
  }
  CHECK(host.world.open().hello().hostname == "stand-in-host");
  CHECK(host.world.sshd.connections() == 1);
}

TEST_CASE("a pinned authority alone decides: the host may get another key, and none that it did not sign") {
  CertifiedHost host;
  host.world.environment.host_key = host.authority.fingerprint();
  host.world.sshd.change_host_key();
  CHECK(error_of([&] { host.world.open(); }).message().contains("not the host that belay.yml pins"));
  host.authority.certify(host.world.sshd);
  CHECK(host.world.open().hello().hostname == "stand-in-host");
}

TEST_CASE("an authority that known_hosts believes lets its hosts in") {
  CertifiedHost host;
  write_file_atomically(host.world.sshd.known_hosts(), host.authority.known_hosts_line());
  CHECK(host.world.open().hello().hostname == "stand-in-host");
}

TEST_CASE(
    "a refused certificate is told with the host's own fingerprint, the authority's, and lines for both") {
  CertifiedHost host;
  SUBCASE("pinned otherwise") {
    host.world.environment.host_key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const Error error = error_of([&] { host.world.open(); });
    CHECK(holds(error.why(), host.world.sshd.fingerprint()));
    CHECK(holds(error.why(), host.authority.fingerprint()));
    CHECK(holds(error.next(), "host_key: " + host.world.sshd.fingerprint()));
  }
  SUBCASE("unknown; the line of the authority, as it is printed, lets it in") {
    const Error error = error_of([&] { host.world.open(); });
    CHECK(holds(error.message(), "is not known"));
    CHECK(holds(error.next(), host.world.sshd.known_hosts_line()));
    const std::size_t at = error.next().find("@cert-authority ");
    REQUIRE(at != std::string::npos);
    write_file_atomically(host.world.sshd.known_hosts(), error.next().substr(at) + "\n");
    CHECK(host.world.open().hello().hostname == "stand-in-host");
  }
}

TEST_CASE("a certificate of the pinned authority that is over, or for another name, is refused as such") {
  const auto refused = [](const std::string& name, const std::string& valid) {
    CertifiedHost host(name, valid);
    host.world.environment.host_key = host.authority.fingerprint();
    const Error error = error_of([&] { host.world.open(); });
    CHECK(holds(error.message(), "the certificate of " + host.world.environment.host.shown));
    CHECK(holds(error.why(), "Certificate invalid"));
    CHECK(error.exit_code() == ExitCode::bad_input);
    CHECK(host.world.sshd.logins() == 0);
  };
  refused("another.example", "always:forever");
  refused("127.0.0.1", "20200101:20200102");
}
