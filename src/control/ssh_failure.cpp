#include "control/ssh_failure.hpp"

#include <array>
#include <string_view>

#include <fmt/core.h>

namespace belay {

namespace {

struct Known {
  std::string_view sign;  // in ssh's words
  std::string_view what;  // after "host: "
  std::string_view next;
  ExitCode code;
};

// In the order they are looked for: the first sign that is found decides. OpenSSH 8.4 to 9.9.
constexpr std::array known{
    Known{"Could not resolve hostname", "its name does not resolve",
          "check host: in belay.yml, ~/.ssh/config, and this machine's DNS", ExitCode::failed},
    Known{"Permission denied (", "the login was refused",
          "Put the public key into ~/.ssh/authorized_keys of that user there. The private one comes from "
          "~/.ssh/config, your ssh-agent, or BELAY_SSH_KEY; try: ssh <host> true",
          ExitCode::bad_input},
    Known{"Too many authentication failures", "the login was refused: too many keys were offered",
          "set IdentityFile and IdentitiesOnly for this host in ~/.ssh/config", ExitCode::bad_input},
    Known{"Connection refused", "nothing accepts ssh connections there",
          "check the port (user@host:port) and that sshd runs", ExitCode::failed},
    Known{"timed out", "it does not answer",
          "check that the host is up and that no firewall drops the ssh port", ExitCode::failed},
    Known{"No route to host", "the network does not reach it", "check the address and the network",
          ExitCode::failed},
    Known{"Network is unreachable", "the network does not reach it", "check the address and the network",
          ExitCode::failed},
    Known{"Bad owner or permissions on", "ssh does not accept its own files here",
          "correct what ssh names above", ExitCode::bad_input},
    Known{"Bad configuration option", "ssh does not accept its configuration", "correct what ssh names above",
          ExitCode::bad_input},
    Known{"kex_exchange_identification", "it closed the connection before the login",
          "the host may limit connections (MaxStartups, fail2ban) or be starting up; try again in a minute",
          ExitCode::failed},
    Known{"Connection closed by", "it closed the connection",
          "the host may limit connections (MaxStartups, fail2ban) or be starting up; try again in a minute",
          ExitCode::failed},
    Known{"Connection reset by", "it closed the connection",
          "the host may limit connections (MaxStartups, fail2ban) or be starting up; try again in a minute",
          ExitCode::failed},
};

bool says(const std::string& words, std::string_view sign) {
  return words.find(sign) != std::string::npos;
}

Error after_login(const SshFailure& failure) {
  const int code =
      failure.outcome && failure.outcome->end == Outcome::End::exited ? failure.outcome->code : 0;
  if (code == 126 || code == 127 || says(failure.words, "Exec format error"))
    return Error(
        fmt::format("{} cannot run the belay that was shipped to it", failure.host), failure.words,
        "The file system of the live directory may be mounted noexec, or this belay is not the static build "
        "(belay version tells).",
        ExitCode::bad_input);
  return Error(fmt::format("belay on {} ended before it said hello", failure.host),
               failure.words.empty() && failure.outcome ? failure.outcome->described() : failure.words);
}

bool is_about_a_host_key(const std::string& words) {
  return says(words, "Host key verification failed") || says(words, "IDENTIFICATION HAS CHANGED") ||
         says(words, "host key is known for");
}

/// The host itself was never reached; host_key: in belay.yml is its pin, not the jump host's.
Error refused_jump_host(const SshFailure& failure) {
  const bool changed = says(failure.words, "IDENTIFICATION HAS CHANGED");
  return Error(
      fmt::format("the host key of the jump host {} on the way to {} {}: refused", failure.jump, failure.host,
                  changed ? "HAS CHANGED" : "is not known"),
      failure.words,
      "host_key: in belay.yml pins the host behind it. The jump host's key has to be in known_hosts: "
      "compare it with that host's own (its console: ssh-keygen -lf "
      "/etc/ssh/ssh_host_ed25519_key.pub), then add the line that ssh-keyscan prints for it",
      ExitCode::bad_input);
}

}  // namespace

Error described(const SshFailure& failure) {
  if (failure.login_done) return after_login(failure);
  if (is_about_a_host_key(failure.words) && !failure.jump.empty() && !failure.offered)
    return refused_jump_host(failure);
  if (is_about_a_host_key(failure.words))
    return refused_host_key(failure.host, failure.pin, failure.offered, failure.words);
  for (const Known& case_ : known)
    if (says(failure.words, case_.sign)) {
      std::string next(case_.next);
      if (const auto at = next.find("<host>"); at != std::string::npos) next.replace(at, 6, failure.host);
      return Error(fmt::format("cannot connect to {}: {}", failure.host, case_.what), failure.words, next,
                   case_.code);
    }
  return Error(
      fmt::format("cannot connect to {}", failure.host),
      failure.words.empty() && failure.outcome ? "ssh: " + failure.outcome->described() : failure.words,
      fmt::format("try: ssh {} true", failure.host));
}

}  // namespace belay
