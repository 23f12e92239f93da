#include <doctest/doctest.h>
#include <sys/stat.h>

#include "certified.hpp"
#include "world.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

/// A fake of OpenSSH 8.4: the ssh of this machine, which gives its settings the names of then and refuses the
/// options that came later.
class OldSsh {
 public:
  OldSsh() : program_("BELAY_SSH", file().string()) {
    scratch_.write("ssh", R"(#!/bin/sh
for word; do
  case $word in
    KnownHostsCommand=* | PermitRemoteOpen=* | PubkeyAcceptedAlgorithms=* | HostbasedAcceptedAlgorithms=* | \
    ForkAfterAuthentication=* | SessionType=* | StdinNull=* | RequiredRSASize=* | EnableEscapeCommandline=* | \
    ObscureKeystrokeTiming=* | ChannelTimeout=* | Tag=* | LogVerbose=*)
      echo "command-line: line 0: Bad configuration option: ${word%%=*}" >&2; exit 255 ;;
  esac
done
if [ "$1" = -G ] || [ "$3" = -G ]; then  # behind -F FILE
  settings=$(ssh "$@") || exit
  echo "$settings" | sed 's/^pubkeyacceptedalgorithms/pubkeyacceptedkeytypes/; s/^hostbasedacceptedalgorithms/hostbasedkeytypes/'
  exit
fi
exec ssh "$@"
)");
    ::chmod(file().c_str(), 0700);
  }

 private:
  fs::path file() const { return scratch_ / "ssh"; }

  Scratch scratch_{};
  WithVariable program_;
};

struct OldWorld {
  World world{};
  OldSsh ssh{};

  OldWorld() { write_file_atomically(world.sshd.known_hosts(), ""); }
};

}  // namespace

TEST_CASE("an ssh before 8.5 reaches a host that known_hosts knows, and refuses another one") {
  OldWorld old;
  CHECK(holds(error_of([&] { old.world.open(); }).message(), "is not known"));
  write_file_atomically(old.world.sshd.known_hosts(), old.world.sshd.known_hosts_line() + "\n");
  CHECK(old.world.open().hello().hostname == "stand-in-host");
}

TEST_CASE("with an ssh before 8.5 a pin is the host's key, or its authority's") {
  OldWorld old;
  const Authority authority;
  SUBCASE("a plain key") {
    old.world.environment.host_key = old.world.sshd.fingerprint();
  }
  SUBCASE("the key in a certificate") {
    old.world.environment.host_key = old.world.sshd.fingerprint();
    authority.certify(old.world.sshd);
  }
  SUBCASE("the authority's") {
    old.world.environment.host_key = authority.fingerprint();
    authority.certify(old.world.sshd);
  }
  CHECK(old.world.open().hello().hostname == "stand-in-host");
}

TEST_CASE("with an ssh before 8.5 another key than the pinned one is refused, and told") {
  OldWorld old;
  old.world.environment.host_key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  const Error error = error_of([&] { old.world.open(); });
  CHECK(holds(error.message(), "not the host that belay.yml pins"));
  CHECK(holds(error.why(), old.world.sshd.fingerprint()));
  CHECK(old.world.sshd.logins() == 0);
}

TEST_CASE("with an ssh before 8.5 the host behind a jump host can be pinned, and so can that one") {
  OldWorld old;
  const Sshd jump;
  const std::string common =
      "  IdentitiesOnly yes\n  UserKnownHostsFile /dev/null\n  GlobalKnownHostsFile /dev/null\n";
  write_file_atomically(old.world.sshd.client_config(),
                        "Host jump\n  HostName 127.0.0.1\n  Port " + std::to_string(jump.port()) +
                            "\n  IdentityFile " + jump.private_key().string() + "\nHost *\n  IdentityFile " +
                            old.world.sshd.private_key().string() + "\n" + common);
  old.world.environment.host_key = old.world.sshd.fingerprint();
  old.world.environment.jump = {{.host = {.local = false, .destination = "jump", .port = {}, .shown = "jump"},
                                 .host_key = jump.fingerprint()}};
  CHECK(old.world.open().hello().hostname == "stand-in-host");
  old.world.environment.host_key = jump.fingerprint();
  CHECK(holds(error_of([&] { old.world.open(); }).message(), "not the host that belay.yml pins"));
}
