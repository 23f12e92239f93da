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
        "(see belay version).",
        ExitCode::bad_input);
  return Error(fmt::format("belay on {} ended before it said hello", failure.host),
               failure.words.empty() && failure.outcome ? failure.outcome->described() : failure.words);
}

bool is_about_a_host_key(const std::string& words) {
  return says(words, "Host key verification failed") || says(words, "IDENTIFICATION HAS CHANGED") ||
         says(words, "host key is known for");
}

const Known* known_case(const std::string& words) {
  for (const Known& one : known)
    if (says(words, one.sign)) return &one;
  return nullptr;
}

Error cannot_connect(const std::string& who, const std::string& host, const std::string& words,
                     const Known& case_) {
  std::string next(case_.next);
  if (const auto at = next.find("<host>"); at != std::string::npos) next.replace(at, 6, host);
  return Error(fmt::format("cannot connect to {}: {}", who, case_.what), words, next, case_.code);
}

std::string named(const HopEnd& hop) {
  return fmt::format("the jump host {} on the way to {}", hop.key.host, hop.key.jump_to);
}

/// The jump host let us in, and does not lead on.
Error does_not_lead_on(const HopEnd& hop, const std::string& to) {
  const bool forbidden = says(hop.words, "administratively prohibited");
  return Error(fmt::format("the jump host {} does not reach {}", hop.key.host, to), hop.words,
               forbidden
                   ? "allow it there: AllowTcpForwarding and PermitOpen in its sshd_config"
                   : fmt::format("try there: ssh {} true; check the name, the port, and that sshd runs", to),
               forbidden ? ExitCode::bad_input : ExitCode::failed);
}

/// What a jump host's own ssh said, if that one is to blame. `behind`: the next host.
std::optional<Error> blamed(const HopEnd& hop, const std::string& behind) {
  if (is_about_a_host_key(hop.words)) return refused_host_key(hop.key, hop.words);
  if (says(hop.words, "stdio forwarding failed")) return does_not_lead_on(hop, behind);
  if (const Known* const case_ = known_case(hop.words))
    return cannot_connect(named(hop), hop.key.host, hop.words, *case_);
  return std::nullopt;
}

/// Of hosts that all said nothing: the first that did not even offer its key.
std::optional<Error> silent(const std::vector<HopEnd>& hops) {
  for (const HopEnd& hop : hops)
    if (hop.key_is_noted && !hop.key.offered)
      return Error(fmt::format("cannot connect to {}: it does not answer", named(hop)), hop.words,
                   "check that this host is up and that no firewall drops the ssh port");
  return std::nullopt;
}

std::optional<Error> blamed_on_the_way(const SshFailure& failure) {
  const bool arrived = failure.offered && !failure.hops.empty() && failure.hops.front().key_is_noted;
  for (std::size_t i = 0; i < failure.hops.size() && !arrived; ++i)
    if (auto error = blamed(failure.hops[i],
                            i + 1 < failure.hops.size() ? failure.hops[i + 1].key.host : failure.host))
      return error;
  return says(failure.words, "timed out") ? silent(failure.hops) : std::nullopt;
}

}  // namespace

Error described(const SshFailure& failure) {
  if (failure.login_done) return after_login(failure);
  if (auto error = blamed_on_the_way(failure)) return *std::move(error);
  if (is_about_a_host_key(failure.words))
    return refused_host_key({.host = failure.host, .pin = failure.pin, .offered = failure.offered},
                            failure.words);
  if (const Known* const case_ = known_case(failure.words))
    return cannot_connect(failure.host, failure.host, failure.words, *case_);
  return Error(
      fmt::format("cannot connect to {}", failure.host),
      failure.words.empty() && failure.outcome ? "ssh: " + failure.outcome->described() : failure.words,
      fmt::format("try: ssh {} true", failure.host));
}

}  // namespace belay
