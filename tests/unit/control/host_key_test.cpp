#include "control/host_key.hpp"

#include <doctest/doctest.h>

#include "../drivers/scratch.hpp"

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
  const Error error = refused_host_key("root@shop", "", real.key, "No ED25519 host key is known for shop");
  CHECK(error.exit_code() == ExitCode::bad_input);
  CHECK(holds(error.message(), "not known"));
  CHECK(holds(error.why(), real.fingerprint));
  CHECK(holds(error.next(), "host_key: " + real.fingerprint));
  CHECK(holds(error.next(), real.key.known_hosts_line()));
}

TEST_CASE("a changed key is refused in strong words") {
  const RealKey real;
  const Error known =
      refused_host_key("root@shop", "", real.key, "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @");
  CHECK(holds(known.message(), "HAS CHANGED"));
  CHECK(holds(known.next(), "Somebody may stand between you and the host"));
  const Error pinned =
      refused_host_key("root@shop", "SHA256:other", real.key, "Host key verification failed.");
  CHECK(holds(pinned.message(), "not the host that belay.yml pins"));
  CHECK(holds(pinned.why(), "SHA256:other"));
  CHECK(holds(pinned.why(), real.fingerprint));
  CHECK(pinned.exit_code() == ExitCode::bad_input);
}

TEST_CASE("the version of OpenSSH is read from its own words") {
  CHECK(openssh_version("OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.22") == std::pair(9, 2));
  CHECK(openssh_version("OpenSSH_8.4p1") == std::pair(8, 4));
  CHECK(openssh_version("OpenSSH_10.0p2") == std::pair(10, 0));
  CHECK(openssh_version("Sun_SSH_1.1") == std::pair(0, 0));
}
