#include "control/host_key.hpp"

#include <doctest/doctest.h>

#include "../drivers/scratch.hpp"
#include "base/base64.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A key of ssh-keygen's, and the fingerprint that it prints for it.
struct RealKey {
  Scratch scratch{};
  OfferedKey key{};
  std::string fingerprint{};

  RealKey() {
    const std::string file = (scratch / "key").string();
    sh({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file});
    const std::string line = read_file(file + ".pub");
    key = {.type = line.substr(0, line.find(' ')),
           .key = line.substr(line.find(' ') + 1, line.find(' ', line.find(' ') + 1) - line.find(' ') - 1),
           .host = "[shop.example]:2222"};
    const std::string listed = sh({"ssh-keygen", "-lf", file + ".pub"});
    const std::size_t at = listed.find("SHA256:");
    fingerprint = listed.substr(at, listed.find(' ', at) - at);
  }
};

}  // namespace

TEST_CASE("a key is believed only if its fingerprint, as ssh-keygen prints it, is the pinned one") {
  const RealKey real;
  CHECK(real.key.fingerprint() == real.fingerprint);
  CHECK(known_hosts_answer(real.fingerprint, "HOSTNAME", real.key) ==
        "[shop.example]:2222 ssh-ed25519 " + real.key.key + "\n");
  CHECK(known_hosts_answer("SHA256:AAAA", "HOSTNAME", real.key).empty());
  CHECK(known_hosts_answer("", "HOSTNAME", real.key).empty());
}

TEST_CASE("without a pin, and before a key is offered, nothing is answered") {
  const RealKey real;
  CHECK(known_hosts_answer("-", "HOSTNAME", real.key).empty());
  CHECK(known_hosts_answer("SHA256:x", "ORDER", {.type = "NONE", .key = "NONE", .host = "h"}).empty());
}

TEST_CASE("the command notes the offered key for the one who explains the refusal") {
  const RealKey real;
  const Scratch scratch;
  const std::string record = (scratch / "offered").string();
  CHECK(offered_keys(record).empty());
  CHECK(known_host_command({record, "-", "ORDER", "NONE", "NONE", "h"}) == 0);
  CHECK(offered_keys(record).empty());
  CHECK(known_host_command({record, "-", "HOSTNAME", real.key.type, real.key.key, real.key.host}) == 0);
  const auto keys = offered_keys(record);
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].fingerprint() == real.fingerprint);
  CHECK(keys[0].host == real.key.host);
}

TEST_CASE("a refusal of an unknown host prints the fingerprint and both lines that would allow it") {
  const RealKey real;
  const Error error =
      refused_host_key({.host = "root@shop", .offered = real.key}, "No ED25519 host key is known for shop");
  CHECK(error.exit_code() == ExitCode::bad_input);
  CHECK(holds(error.message(), "not known"));
  CHECK(holds(error.why(), real.fingerprint));
  CHECK(holds(error.next(), "host_key: " + real.fingerprint));
  CHECK(holds(error.next(), real.key.known_hosts_line()));
}

TEST_CASE("a changed key is refused in strong words") {
  const RealKey real;
  const Error known = refused_host_key({.host = "root@shop", .offered = real.key},
                                       "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @");
  CHECK(holds(known.message(), "HAS CHANGED"));
  CHECK(holds(known.next(), "Another machine may be between you and the host"));
  const Error pinned = refused_host_key({.host = "root@shop", .pin = "SHA256:other", .offered = real.key},
                                        "Host key verification failed.");
  CHECK(holds(pinned.message(), "not the host that belay.yml pins"));
  CHECK(holds(pinned.why(), "SHA256:other"));
  CHECK(holds(pinned.why(), real.fingerprint));
  CHECK(pinned.exit_code() == ExitCode::bad_input);
}

TEST_CASE("a host of ProxyJump is read as ssh -G writes it") {
  struct Case {
    const char *text, *destination;
    int port;  // 0: none
  };
  for (const Case& c :
       {Case{"bastion", "bastion", 0}, Case{"ops@bastion:2222", "ops@bastion", 2222},
        Case{"[10.0.0.1]", "10.0.0.1", 0}, Case{"ops@[10.0.0.1]:22", "ops@10.0.0.1", 22},
        Case{"[fd00::1]:2222", "fd00::1", 2222}, Case{"ssh://ops@bastion:2200", "ops@bastion", 2200},
        Case{"a@corp@bastion", "a@corp@bastion", 0}}) {
    CAPTURE(c.text);
    const HostAddress host = jump_host_from(c.text);
    CHECK(host.destination == c.destination);
    CHECK(host.port.value_or(0) == c.port);
    CHECK(host.shown == c.text);
  }
}

TEST_CASE("a certificate of each kind of key is read: the host's own key, and its authority's") {
  for (const char* const kind : {"ed25519", "rsa", "ecdsa"}) {
    CAPTURE(kind);
    const Scratch scratch;
    const std::string own = (scratch / "own").string(), authority = (scratch / "authority").string();
    sh({"ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", own});
    sh({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", authority});
    sh({"ssh-keygen", "-q", "-s", authority, "-I", "x", "-h", "-n", "shop", own + ".pub"});
    const auto key_in = [](const std::string& file) { return keys_in("shop " + read_file(file)).at(0); };
    const std::string text = read_file(own + "-cert.pub");
    const OfferedKey offered{
        .type = text.substr(0, text.find(' ')),
        .key = text.substr(text.find(' ') + 1,
                           text.find_first_of(" \n", text.find(' ') + 1) - text.find(' ') - 1),
        .host = "shop"};
    const auto certificate = certificate_in(offered);
    REQUIRE(certificate);
    CHECK(certificate->own.known_hosts_line() == key_in(own + ".pub").known_hosts_line());
    CHECK(certificate->authority.known_hosts_line() == key_in(authority + ".pub").known_hosts_line());
    CHECK(offered.fingerprint() == key_in(own + ".pub").fingerprint());
  }
}

TEST_CASE("what only calls itself a certificate is none, and is believed by no pin") {
  const RealKey real;
  const std::string blob = base64_decoded(real.key.key);
  for (std::size_t size = 0; size <= blob.size(); ++size) {
    const OfferedKey cut{.type = "ssh-ed25519-cert-v01@openssh.com",
                         .key = base64_encoded(blob.substr(0, size)),
                         .host = "shop"};
    CHECK(!certificate_in(cut));
    if (size > 0 && size < blob.size()) CHECK(known_hosts_answer(real.fingerprint, "HOSTNAME", cut).empty());
  }
}
