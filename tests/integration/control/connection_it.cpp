#include <doctest/doctest.h>

#include "drivers/rsync.hpp"
#include "stand_in_host.hpp"
#include "world.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

namespace {

Deadline soon() {
  return Deadline::in(60s);
}

}  // namespace

TEST_CASE("one connection serves for the session, questions, rsync and programs") {
  World world;
  const Scratch scratch;
  scratch.write("source/a b.txt", "content\n");
  {
    Session session = world.open();
    CHECK(session.hello().hostname == "stand-in-host");
    CHECK(session.ask("facts", {}, {}, soon()).as_object().at("docker_version").as_string() ==
          stand_in_docker);
    rsync::transfer({.from = scratch / "source",
                     .to = session.rsync_target(world.live() / "copied here"),
                     .remote_shell = session.remote_shell()},
                    {}, {}, soon());
    CHECK(read_file(world.live() / "copied here/a b.txt") == "content\n");
    const Captured there =
        session.capture_there({"sh", "-c", "cat; echo \"$1\"", "x", "it's"}, "input\n", {}, soon());
    CHECK(there.out == "input\nit's\n");
    CHECK(session.run_in_foreground({"sh", "-c", "exit 7"}, false, {}) == 7);
  }
  CHECK(world.sshd.connections() == 1);
  CHECK(world.sshd.logins() == 1);
}

TEST_CASE("the binary is shipped once, and the next session finds it") {
  World world;
  {
    const Session first = world.open();
  }
  CHECK(world.watcher.count("shipping_binary") == 1);
  {
    const Session second = world.open();
  }
  CHECK(world.watcher.count("shipping_binary") == 1);
  CHECK(std::distance(fs::directory_iterator(world.state() / "bin"), {}) == 1);
}

TEST_CASE("the session on the host ends with the object, and its socket's directory too") {
  World world;
  world.tell_stand_in("url", "");
  std::string socket;
  {
    const Session session = world.open();
    const std::string shell = session.remote_shell();
    const std::size_t at = shell.find("-S ") + 3;
    socket = shell.substr(at, shell.find(' ', at) - at);
    CHECK(fs::exists(socket));
    REQUIRE(world.sessions().size() == 1);
  }
  CHECK(comes_true([&] { return !lives(world.sessions()[0].first); }));
  CHECK(!fs::exists(fs::path(socket).parent_path()));
}

TEST_CASE("noise from the login shell's start-up files is passed over") {
  World world;
  fs::create_directories(world.sshd.home());
  const std::string noise =
      "echo 'Welcome to the shop!'\necho '{\"type\":\"hello\"}'\nprintf 'and no newline'\n";
  write_file_atomically(world.sshd.home() / ".bashrc", noise);
  // The noise is real: ssh alone shows it.
  const Captured plain =
      capture({.argv = {"ssh", "-F", world.sshd.client_config().string(), "shop", "true"}}, {}, soon());
  REQUIRE(holds(plain.out, "Welcome to the shop!"));
  CHECK(world.open().hello().hostname == "stand-in-host");
}

namespace {

/// What a deployment needs of a connection: a session, rsync beside it, programs and their words.
void use_all_of(World& world) {
  const Scratch scratch;
  scratch.write("source/a b.txt", "content\n");
  Session session = world.open();
  CHECK(session.hello().hostname == "stand-in-host");
  rsync::transfer({.from = scratch / "source",
                   .to = session.rsync_target(world.live() / "copied here"),
                   .remote_shell = session.remote_shell()},
                  {}, {}, soon());
  CHECK(read_file(world.live() / "copied here/a b.txt") == "content\n");
  const Captured there = session.capture_there(
      {"sh", "-c", "cat; printf \"%s|\" \"$@\"", "x", "it's", "$HOME", "a\\\\b", "!!", "*"}, "input\n", {},
      soon());
  CHECK(there.out == "input\nit's|$HOME|a\\\\b|!!|*|");
  CHECK(session.run_in_foreground({"sh", "-c", "exit 7"}, false, {}) == 7);
}

}  // namespace

TEST_CASE("a login shell that is no sh") {
  for (const char* shell : {"/usr/bin/fish", "/bin/csh", "/bin/dash"}) {
    CAPTURE(shell);
    REQUIRE(fs::exists(shell));
    World world;
    world.sshd.set_login_shell(shell);
    use_all_of(world);
  }
}

TEST_CASE("an sshd that allows one session for each connection is named where the second one is needed") {
  World world;
  world.sshd.set("MaxSessions 1");
  const Scratch scratch;
  scratch.write("source/a.txt", "content\n");
  Session session = world.open();
  const Error error = error_of([&] {
    rsync::transfer({.from = scratch / "source",
                     .to = session.rsync_target(world.live() / "copied here"),
                     .remote_shell = session.remote_shell()},
                    {}, {}, soon());
  });
  CHECK(holds(error.next(), "MaxSessions"));
  CHECK(world.sshd.logins() == 1);
}

TEST_CASE("a host that only ~/.ssh/config knows is reached") {
  World world;
  world.environment.host = {.local = false, .destination = "shop", .port = {}, .shown = "shop"};
  CHECK(world.open().hello().hostname == "stand-in-host");
}

TEST_CASE("a look leaves no trace in an environment that was never deployed") {
  World world;
  {
    Session session = world.open(Purpose::look);
  }
  CHECK(comes_true([&] { return !fs::exists(world.live()); }));
  CHECK(world.watcher.count("connected") == 1);
}

TEST_CASE("a question the host cannot answer becomes its error") {
  World world;
  Session session = world.open();
  const Error error = error_of([&] { session.ask("weather", {}, {}, soon()); });
  CHECK(error.message() == "no such question");
  CHECK(error.next() == "ask another");
  CHECK(error.exit_code() == ExitCode::bad_input);
  CHECK(session.ask("echo", {{"a", 1}}, {}, soon()).as_object().at("a").as_int64() == 1);
}

TEST_CASE("failed connections say what, why and next, with their exit code") {
  World world;
  SUBCASE("nobody listens") {
    world.environment.host.port = 1;
    const Error error = error_of([&] { world.open(); });
    CHECK(holds(error.message(), "nothing accepts ssh connections"));
    CHECK(holds(error.why(), "Connection refused"));
    CHECK(error.exit_code() == ExitCode::failed);
  }
  SUBCASE("the login is refused") {
    const WithVariable keyless("BELAY_SSH_CONFIG", world.sshd.keyless_config().string());
    const Error error = error_of([&] { world.open(); });
    CHECK(holds(error.message(), "the login was refused"));
    CHECK(holds(error.why(), "Permission denied (publickey)"));
    CHECK(error.exit_code() == ExitCode::bad_input);
  }
  SUBCASE("the name does not resolve") {
    world.environment.host = {.local = false,
                              .destination = "root@no-such-host.invalid",
                              .port = {},
                              .shown = "no-such-host.invalid"};
    CHECK(holds(error_of([&] { world.open(); }).message(), "does not resolve"));
  }
  SUBCASE("the host would be taken for an option") {
    world.environment.host = {.local = false,
                              .destination = "-oProxyCommand=touch /tmp/owned",
                              .port = {},
                              .shown = "-oProxyCommand"};
    CHECK(error_of([&] { world.open(); }).exit_code() == ExitCode::bad_input);
    CHECK(world.sshd.connections() == 0);
  }
  SUBCASE("the ssh program is missing") {
    const WithVariable missing("BELAY_SSH", "/no/such/ssh");
    CHECK(holds(error_of([&] { world.open(); }).message(), "/no/such/ssh"));
  }
}

TEST_CASE("local is the same session without ssh") {
  World world;
  world.environment.host = {.local = true, .destination = "", .port = {}, .shown = "local"};
  SUBCASE("a change installs the binary") {
    Session session = world.open();
    CHECK(session.ask("echo", {{"a", 1}}, {}, soon()).as_object().at("a").as_int64() == 1);
    CHECK(session.remote_shell().empty());
    CHECK(session.rsync_target("/srv/x") == "/srv/x");
    CHECK(session.capture_there({"echo", "a b"}, "", {}, soon()).out == "a b\n");
    CHECK(fs::exists(world.state() / "bin"));
  }
  SUBCASE("a look leaves nothing") {
    {
      Session session = world.open(Purpose::look);
    }
    CHECK(!fs::exists(world.live()));
  }
  CHECK(world.sshd.logins() == 0);
}
