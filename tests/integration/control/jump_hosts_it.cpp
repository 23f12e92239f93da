#include <doctest/doctest.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "certified.hpp"
#include "control/checks.hpp"
#include "world.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

/// A port at which the kernel accepts connections, and nobody ever says a word.
class Silence {
 public:
  Silence() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(socket_.get(), any, size) == 0);
    REQUIRE(::listen(socket_.get(), 8) == 0);
    REQUIRE(::getsockname(socket_.get(), any, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  int port() const { return port_; }

 private:
  Fd socket_;
  int port_ = 0;
};

constexpr const char* another_key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Two hosts on the way to a third one; each knows another login key.
struct Way {
  World world{};
  Sshd first{}, second{};

  Way() {
    write_known_hosts({&world.sshd, &first, &second});
    write_config("");
  }

  /// The client's configuration; `shop` is the host behind.
  void write_config(const std::string& of_shop) const {
    const auto host = [&](const char* name, const Sshd& sshd, const std::string& more) {
      return fmt::format(
          "Host {}\n  HostName 127.0.0.1\n  Port {}\n  IdentityFile {}\n  IdentitiesOnly yes\n{}", name,
          sshd.port(), sshd.private_key().string(), more);
    };
    write_file_atomically(
        world.sshd.client_config(),
        host("first", first, "") + host("second", second, "") + host("shop", world.sshd, of_shop) +
            fmt::format("Host *\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile /dev/null\n",
                        world.sshd.known_hosts().string()));
  }
  void write_known_hosts(const std::vector<const Sshd*>& hosts) const {
    std::string lines;
    for (const Sshd* const host : hosts) lines += host->known_hosts_line() + "\n";
    write_file_atomically(world.sshd.known_hosts(), lines);
  }
  static HostAddress named(const std::string& name) {
    return {.local = false, .destination = name, .port = {}, .shown = name};
  }
  void reach(const std::vector<JumpHost>& jump) {
    world.environment.host = named("shop");
    world.environment.jump = jump;
  }
  Error refusal() {
    return error_of([&] { world.open(); });
  }
};

}  // namespace

TEST_CASE("a host behind two others is reached: as the ssh configuration says, or as belay.yml says") {
  Way way;
  std::vector<JumpHost> jump;
  SUBCASE("ProxyJump with two hosts") {
    way.write_config("  ProxyJump first,second\n");
  }
  SUBCASE("ProxyJump with ssh's tokens") {
    way.write_config("  ProxyJump %r@first,second\n");
  }
  SUBCASE("ProxyJump of a host on the way") {
    way.write_config("  ProxyJump second\n");
    write_file_atomically(way.world.sshd.client_config(),
                          "Host second\n  ProxyJump first\n" + read_file(way.world.sshd.client_config()));
  }
  SUBCASE("jump: in belay.yml") {
    jump = {{Way::named("first"), {}}, {Way::named("second"), {}}};
  }
  SUBCASE("jump: in belay.yml, to a host that has ProxyJump") {
    jump = {{Way::named("second"), {}}};
    write_file_atomically(way.world.sshd.client_config(),
                          "Host second\n  ProxyJump first\n" + read_file(way.world.sshd.client_config()));
  }
  way.reach(jump);
  {
    Session session = way.world.open();
    CHECK(session.hello().hostname == "stand-in-host");
    CHECK(session.capture_there({"echo", "it's"}, "", {}, Deadline::in(std::chrono::seconds(30))).out ==
          "it's\n");
    CHECK(session.host_keys().size() == 3);
  }
  for (const Sshd* const sshd : {&way.first, &way.second, &way.world.sshd}) CHECK(sshd->logins() == 1);
}

TEST_CASE("every host on the way can be pinned, and then needs no known_hosts") {
  Way way;
  way.write_known_hosts({});
  way.world.environment.host_key = way.world.sshd.fingerprint();
  way.reach(
      {{Way::named("first"), way.first.fingerprint()}, {Way::named("second"), way.second.fingerprint()}});
  const Session session = way.world.open();
  CHECK(session.hello().hostname == "stand-in-host");
  for (const auto& key : session.host_keys())
    CHECK(holds(checked_host_key(key).text, "is the pinned " + key.pin));
}

TEST_CASE("check prints for each host on the way the line that pins it") {
  Way way;
  way.reach({{Way::named("first"), {}}});
  const Session session = way.world.open();
  const auto keys = session.host_keys();
  REQUIRE(keys.size() == 2);
  CHECK(holds(checked_host_key(keys[0]).text,
              fmt::format("jump: {{ host: \"first\", host_key: {} }}", way.first.fingerprint())));
  CHECK(holds(checked_host_key(keys[1]).text, "\nhost_key: " + way.world.sshd.fingerprint()));
}

TEST_CASE("the host whose key is refused is named, whichever on the way it is; nobody logs in there") {
  Way way;
  const std::string own = way.world.sshd.fingerprint(), first = way.first.fingerprint();
  SUBCASE("the first is not known, though the host behind is pinned") {
    way.write_known_hosts({&way.second});
    way.world.environment.host_key = own;
    way.reach({{Way::named("first"), {}}, {Way::named("second"), {}}});
    const Error error = way.refusal();
    CHECK(error.message() == "the host key of the jump host first on the way to shop is not known: refused");
    CHECK(holds(error.next(), fmt::format("jump: {{ host: \"first\", host_key: {} }}", first)));
    CHECK(holds(error.next(), way.first.known_hosts_line()));
    CHECK(way.first.logins() == 0);
  }
  SUBCASE("the second is not the pinned one") {
    way.reach({{Way::named("first"), first}, {Way::named("second"), another_key}});
    const Error error = way.refusal();
    CHECK(error.message() ==
          "the jump host second on the way to shop is not the host that belay.yml pins: refused");
    CHECK(holds(error.why(), way.second.fingerprint()));
    CHECK(way.second.logins() == 0);
  }
  SUBCASE("a pin is for its host alone") {
    way.reach({{Way::named("first"), way.second.fingerprint()}, {Way::named("second"), first}});
    CHECK(holds(way.refusal().message(), "the jump host first"));
  }
  SUBCASE("the host itself is not the pinned one") {
    way.world.environment.host_key = another_key;
    way.reach({{Way::named("first"), {}}});
    CHECK(way.refusal().message() == "shop is not the host that belay.yml pins: refused");
  }
  CHECK(way.world.sshd.logins() == 0);
}

TEST_CASE("the host that refuses, hangs or does not lead on is named") {
  Way way;
  const std::vector<JumpHost> both{{Way::named("first"), {}}, {Way::named("second"), {}}};
  SUBCASE("nothing listens at the first") {
    way.reach({{{.local = false, .destination = "127.0.0.1", .port = 1, .shown = "closed"}, {}}, both[1]});
    CHECK(way.refusal().message() ==
          "cannot connect to the jump host closed on the way to shop: nothing accepts ssh connections there");
  }
  SUBCASE("the first does not reach the second") {
    way.reach({both[0], {{.local = false, .destination = "127.0.0.1", .port = 1, .shown = "closed"}, {}}});
    const Error error = way.refusal();
    CHECK(error.message() == "the jump host first does not reach closed");
    CHECK(holds(error.why(), "Connection refused"));
  }
  SUBCASE("the last does not reach the host") {
    way.reach(both);
    way.world.environment.host = {.local = false, .destination = "127.0.0.1", .port = 1, .shown = "the shop"};
    CHECK(way.refusal().message() == "the jump host second does not reach the shop");
  }
  SUBCASE("the second forbids it") {
    way.second.set("AllowTcpForwarding no");
    way.reach(both);
    const Error error = way.refusal();
    CHECK(error.message() == "the jump host second does not reach shop");
    CHECK(holds(error.next(), "AllowTcpForwarding"));
    CHECK(error.exit_code() == ExitCode::bad_input);
  }
  SUBCASE("the second refuses the login") {
    write_file_atomically(
        way.world.sshd.client_config(),
        "Host second\n  IdentityFile none\n  IdentityAgent none\n  PubkeyAuthentication no\n" +
            read_file(way.world.sshd.client_config()));
    way.reach(both);
    const Error error = way.refusal();
    CHECK(error.message() ==
          "cannot connect to the jump host second on the way to shop: the login was refused");
    CHECK(error.exit_code() == ExitCode::bad_input);
  }
  SUBCASE("the first says nothing") {
    const Silence silence;
    way.reach({{{.local = false, .destination = "127.0.0.1", .port = silence.port(), .shown = "silent"}, {}},
               both[1]});
    CHECK(way.refusal().message() ==
          "cannot connect to the jump host silent on the way to shop: it does not answer");
  }
  CHECK(way.world.sshd.logins() == 0);
}

TEST_CASE("jump hosts that lead round in a circle are refused before anything is started") {
  Way way;
  write_file_atomically(way.world.sshd.client_config(),
                        "Host *\n  ProxyJump first\n" + read_file(way.world.sshd.client_config()));
  way.reach({});
  const Error error = way.refusal();
  CHECK(holds(error.why(), "round in a circle"));
  CHECK(error.exit_code() == ExitCode::bad_input);
  CHECK(way.first.connections() == 0);
}
