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

namespace {

HopEnd hop(const std::string& host, const std::string& words, bool offered) {
  HopEnd end{.key = {.host = host, .jump_to = "root@shop.example"}, .key_is_noted = true, .words = words};
  if (offered) end.key.offered = OfferedKey{.type = "ssh-ed25519", .key = "AAAA", .host = host};
  return end;
}

}  // namespace

TEST_CASE("of hosts on the way, the one that is to blame is named") {
  struct Case {
    const char* what;
    std::vector<HopEnd> hops;
    const char *words, *message;
  };
  const char* const closed = "kex_exchange_identification: Connection closed by remote host";
  const char* const timed_out = "Connection timed out during banner exchange";
  const std::vector<Case> cases{
      {"an unknown key",
       {hop("a", "No ED25519 host key is known for a\nHost key verification failed.", true)},
       closed,
       "the host key of the jump host a on the way to root@shop.example is not known: refused"},
      {"the first does not answer",
       {hop("a", "", false), hop("b", "", false)},
       timed_out,
       "cannot connect to the jump host a on the way to root@shop.example: it does not answer"},
      {"the second does not answer",
       {hop("a", "", true), hop("b", "", false)},
       timed_out,
       "cannot connect to the jump host b on the way to root@shop.example: it does not answer"},
      {"the host itself does not answer",
       {hop("a", "", true), hop("b", "", true)},
       timed_out,
       "cannot connect to root@shop.example: it does not answer"},
      {"the first does not lead on",
       {hop("a", "channel 0: open failed: connect failed: No route to host\nstdio forwarding failed", true),
        hop("b", closed, false)},
       closed,
       "the jump host a does not reach b"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    CHECK(described({.host = "root@shop.example", .words = c.words, .hops = c.hops}).message() == c.message);
  }
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
