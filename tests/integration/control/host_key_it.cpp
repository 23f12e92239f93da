#include <doctest/doctest.h>

#include "world.hpp"

using namespace belay;
using namespace belay::testing;

TEST_CASE("an unknown host is refused, and the line that the refusal prints lets it in") {
  World world;
  write_file_atomically(world.sshd.known_hosts(), "");
  const Error error = error_of([&] { world.open(); });
  CHECK(error.exit_code() == ExitCode::bad_input);
  CHECK(holds(error.message(), "is not known"));
  CHECK(holds(error.why(), world.sshd.fingerprint()));
  CHECK(holds(error.next(), "host_key: " + world.sshd.fingerprint()));
  REQUIRE(holds(error.next(), world.sshd.known_hosts_line()));
  CHECK(world.sshd.logins() == 0);
  CHECK(read_file(world.sshd.known_hosts()).empty());

  write_file_atomically(world.sshd.known_hosts(), world.sshd.known_hosts_line() + "\n");
  CHECK(world.open().hello().hostname == "stand-in-host");
}

TEST_CASE("a pinned key lets the host in without known_hosts, in one connection") {
  World world;
  write_file_atomically(world.sshd.known_hosts(), "");
  world.environment.host_key = world.sshd.fingerprint();
  CHECK(world.open().hello().hostname == "stand-in-host");
  CHECK(world.sshd.connections() == 1);
}

TEST_CASE("a pinned key alone decides: a known host with another key is refused") {
  World world;
  world.environment.host_key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  const Error error = error_of([&] { world.open(); });
  CHECK(error.exit_code() == ExitCode::bad_input);
  CHECK(holds(error.message(), "not the host that belay.yml pins"));
  CHECK(holds(error.why(), world.environment.host_key));
  CHECK(holds(error.why(), world.sshd.fingerprint()));
  CHECK(world.sshd.logins() == 0);
}

TEST_CASE("a changed key is refused in strong words, pinned or known") {
  World world;
  const std::string old = world.sshd.fingerprint();
  world.sshd.change_host_key();
  REQUIRE(world.sshd.fingerprint() != old);
  SUBCASE("known") {
    const Error error = error_of([&] { world.open(); });
    CHECK(holds(error.message(), "HAS CHANGED"));
    CHECK(holds(error.why(), world.sshd.fingerprint()));
    CHECK(holds(error.next(), "Another machine may be between you and the host"));
    CHECK(error.exit_code() == ExitCode::bad_input);
  }
  SUBCASE("pinned") {
    world.environment.host_key = old;
    CHECK(holds(error_of([&] { world.open(); }).next(), "Another machine may be between you and the host"));
  }
  CHECK(world.sshd.logins() == 0);
}

TEST_CASE("StrictHostKeyChecking=no in the user's configuration does not open the door") {
  World world;
  write_file_atomically(world.sshd.known_hosts(), "");
  write_file_atomically(world.sshd.client_config(),
                        "Host *\n  StrictHostKeyChecking no\n" + read_file(world.sshd.client_config()));
  CHECK(error_of([&] { world.open(); }).exit_code() == ExitCode::bad_input);
  CHECK(world.sshd.logins() == 0);
}
