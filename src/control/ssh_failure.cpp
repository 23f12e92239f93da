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

}  // namespace

Error described(const SshFailure& failure) {
  if (failure.login_done) return after_login(failure);
  if (says(failure.words, "Host key verification failed") ||
      says(failure.words, "IDENTIFICATION HAS CHANGED") || says(failure.words, "host key is known for"))
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
