#include "edge/certificates.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "../drivers/scratch.hpp"
#include "../drivers/test_certificates.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

struct Host {
  Scratch live{}, edge{};
  Layout layout{live.path()};
  Identity authority = make_authority("the authority");
  TlsConfig tls{.certificates = {"tls/crm.pem"}, .keys = {"tls/crm.key"}};

  void write(const Identity& server) const {
    live.write("tls/crm.pem", server.pem() + authority.pem());
    live.write("tls/crm.key", server.key_pem());
  }
};

}  // namespace

TEST_CASE(
    "an edge's certificate is a copy of certificate, chain and key, for its user alone; again only if it is "
    "another") {
  const Host host;
  host.write(make_server(host.authority, "DNS:crm.example.com"));
  const auto first = take_up_certificates(host.tls, host.layout, host.edge.path());
  REQUIRE(first.size() == 1);
  CHECK(first[0].taken_up);
  CHECK(first[0].names == std::vector<std::string>{"crm.example.com"});
  const auto copy = host.edge / "certificate-1.pem";
  CHECK(read_file(copy) == read_file(host.live / "tls/crm.pem") + read_file(host.live / "tls/crm.key"));
  struct stat status{};
  REQUIRE(::stat(copy.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK_FALSE(take_up_certificates(host.tls, host.layout, host.edge.path())[0].taken_up);
  host.write(make_server(host.authority, "DNS:new.example.com"));
  CHECK(take_up_certificates(host.tls, host.layout, host.edge.path())[0].names ==
        std::vector<std::string>{"new.example.com"});
}

TEST_CASE(
    "a certificate that cannot be used leaves the edge's as they are, and is told to those who only look") {
  const Host host;
  host.write(make_server(host.authority, "DNS:crm.example.com"));
  take_up_certificates(host.tls, host.layout, host.edge.path());
  const auto before = read_file(host.edge / "certificate-1.pem");
  host.live.write("tls/crm.key", make_server(host.authority, "DNS:x").key_pem());
  CHECK_THROWS_WITH_AS(take_up_certificates(host.tls, host.layout, host.edge.path()),
                       "tls/crm.pem has another key than the one given", Error);
  CHECK(read_file(host.edge / "certificate-1.pem") == before);
  CHECK(certificates_now(host.tls, host.layout)[0].problem.starts_with("tls/crm.pem has another key"));
  fs::remove(host.live / "tls/crm.pem");
  CHECK(certificates_now(host.tls, host.layout)[0].problem.starts_with("there is no " +
                                                                       host.live.path().string()));
}

TEST_CASE("copies that are not named any more go") {
  const Host host;
  for (const char* name : {"certificate-1.pem", "certificate-2.pem", "haproxy.cfg"})
    host.edge.write(name, "x");
  remove_other_certificates(host.tls, host.edge.path());
  CHECK(fs::exists(host.edge / "certificate-1.pem"));
  CHECK_FALSE(fs::exists(host.edge / "certificate-2.pem"));
  CHECK(fs::exists(host.edge / "haproxy.cfg"));
  remove_other_certificates(std::nullopt, host.edge.path());
  CHECK_FALSE(fs::exists(host.edge / "certificate-1.pem"));
}
