#include "control/ssh_failure.hpp"

#include <doctest/doctest.h>

using namespace belay;

namespace {

Error of(const std::string& words) {
  return described({.host = "root@shop.example", .pin = {}, .offered = {}, .outcome = {}, .words = words});
}

}  // namespace

TEST_CASE("what ssh says when it cannot connect is told as what, why and next") {
  struct Case {
    const char *words, *what;
    ExitCode code;
  };
  const Case cases[] = {
      {"ssh: Could not resolve hostname shop.example: Name or service not known", "does not resolve",
       ExitCode::failed},
      {"ssh: connect to host shop.example port 22: Connection refused", "nothing accepts ssh",
       ExitCode::failed},
      {"ssh: connect to host shop.example port 22: Connection timed out", "does not answer",
       ExitCode::failed},
      {"Connection timed out during banner exchange", "does not answer", ExitCode::failed},
      {"ssh: connect to host shop.example port 22: No route to host", "does not reach", ExitCode::failed},
      {"root@shop.example: Permission denied (publickey,password).", "login was refused",
       ExitCode::bad_input},
      {"Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures", "too many keys",
       ExitCode::bad_input},
      {"kex_exchange_identification: Connection closed by remote host", "before the login", ExitCode::failed},
      {"/root/.ssh/config: line 3: Bad configuration option: hots", "does not accept its configuration",
       ExitCode::bad_input},
      {"Bad owner or permissions on /root/.ssh/config", "own files", ExitCode::bad_input},
  };
  for (const Case& c : cases) {
    CAPTURE(c.words);
    const Error error = of(c.words);
    CHECK(error.message().find("root@shop.example") != std::string::npos);
    CHECK(error.message().find(c.what) != std::string::npos);
    CHECK(error.why() == c.words);
    CHECK(!error.next().empty());
    CHECK(error.exit_code() == c.code);
  }
}

TEST_CASE("a jump host's key is told apart from that of the host behind it") {
  SshFailure failure{.host = "root@shop.example",
                     .pin = "SHA256:x",
                     .words =
                         "No ED25519 host key is known for jump.example and you have requested strict "
                         "checking.\nHost key verification failed.",
                     .jump = "jump.example"};
  CHECK(described(failure).message() ==
        "the host key of the jump host jump.example on the way to root@shop.example is not known: refused");
  CHECK(described(failure).next().contains("known_hosts"));
  CHECK(described(failure).exit_code() == ExitCode::bad_input);
  failure.offered = OfferedKey{.type = "ssh-ed25519", .key = "AAAA", .host = "shop.example"};
  CHECK(described(failure).message().contains("is not the host that belay.yml pins"));
}

TEST_CASE("words that are not known are quoted, not guessed at") {
  const Error error = of("something quite new");
  CHECK(error.message() == "cannot connect to root@shop.example");
  CHECK(error.why() == "something quite new");
}

TEST_CASE("an end without words tells how ssh ended") {
  const Error error = described(
      {.host = "h", .pin = {}, .offered = {}, .outcome = Outcome{Outcome::End::exited, 255}, .words = ""});
  CHECK(error.why().find("255") != std::string::npos);
}

TEST_CASE("a program that cannot be executed after the login is told apart from a login that failed") {
  for (const int code : {126, 127}) {
    const Error error = described({.host = "h",
                                   .pin = {},
                                   .offered = {},
                                   .outcome = Outcome{Outcome::End::exited, code},
                                   .words = "sh: 1: exec: /srv/.belay/bin/belay-1: Permission denied",
                                   .login_done = true});
    CHECK(error.message().find("cannot run the belay") != std::string::npos);
    CHECK(error.next().find("noexec") != std::string::npos);
    CHECK(error.exit_code() == ExitCode::bad_input);
  }
}
