#include "control/way.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "control/quoting.hpp"

namespace belay {

namespace {

constexpr std::size_t most_hosts = 8;

/// The way of belay.yml, else ssh's own; and the way to the first host of it, which only ssh's configuration
/// knows.
std::vector<JumpHost> whole_way(std::vector<JumpHost> hosts, const SshSettings& settings,
                                std::stop_token stop) {
  const auto as_ssh_says = [](const SshSettings& of) {
    std::vector<JumpHost> found;
    for (const auto& host : of.jump_hosts()) found.push_back({.host = host, .host_key = {}});
    return found;
  };
  if (hosts.empty()) hosts = as_ssh_says(settings);
  while (!hosts.empty()) {
    const auto before = as_ssh_says(SshSettings(checked_host(hosts.front().host), stop));
    if (before.empty()) break;
    hosts.insert(hosts.begin(), before.begin(), before.end());
    if (hosts.size() > most_hosts)
      throw Error(fmt::format("more than {} jump hosts are on the way", most_hosts),
                  "ProxyJump in the ssh configuration may lead round in a circle",
                  "correct ~/.ssh/config: a jump host itself needs ProxyJump none", ExitCode::bad_input);
  }
  return hosts;
}

/// As ssh wants a ProxyCommand: %h and %p are the host behind.
std::string proxy_command(const std::filesystem::path& script) {
  std::string quoted = sh_quoted(script.string());
  for (std::size_t at = quoted.find('%'); at != std::string::npos; at = quoted.find('%', at + 2))
    quoted.insert(at, "%");
  return "sh " + quoted + " %h %p";
}

std::vector<std::string> limits(std::size_t hosts_before) {
  return {"-o", "BatchMode=yes",         "-o", fmt::format("ConnectTimeout={}", 10 * (hosts_before + 1)),
          "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"};
}

void append(std::vector<std::string>& argv, const std::vector<std::string>& more) {
  argv.insert(argv.end(), more.begin(), more.end());
}

}  // namespace

HostAddress checked_host(const HostAddress& host) {
  const std::size_t at = host.destination.rfind('@');
  const std::string name = at == std::string::npos ? host.destination : host.destination.substr(at + 1);
  if (host.destination.empty() || host.destination.starts_with('-') || name.empty() || name.starts_with('-'))
    throw Error("\"" + host.shown + "\" is no host", "ssh would take it for an option",
                "write host: user@name in belay.yml, or local", ExitCode::bad_input);
  return host;
}

Way::Way(const HostAddress& to, const std::vector<JumpHost>& hosts, const SshSettings& settings,
         const Means& means, std::stop_token stop)
    : to_(to.shown) {
  for (const JumpHost& host : whole_way(hosts, settings, stop))
    add(host, SshSettings(checked_host(host.host), stop), means, stop);
}

void Way::add(const JumpHost& jump, const SshSettings& settings, const Means& means, std::stop_token stop) {
  const auto directory = means.directory / fmt::format("hop-{}", hops_.size() + 1);
  make_directories(directory, 0700);
  const auto through = options();
  Hop hop{.host = jump.host,
          .key = HostKeyRule(jump.host, jump.host_key, {settings, through}, directory, std::move(stop)),
          .directory = directory};
  std::vector<std::string> argv{"-T"};
  append(argv, limits(hops_.size()));
  // INFO: only so does ssh say why the host behind cannot be reached from there.
  for (const char* const option :
       {"LogLevel=INFO", "ControlMaster=no", "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no",
        "RemoteCommand=none", "PermitLocalCommand=no"})
    append(argv, {"-o", option});
  // A connection that the user has open already is believed as it is: not where a key or a pin is belay's.
  if (means.agent || !jump.host_key.empty()) append(argv, {"-o", "ControlPath=none"});
  // The user's own keys stay: a jump host may have another one.
  if (means.agent) append(argv, {"-o", "IdentityAgent=" + means.agent->string(), "-o", "IdentitiesOnly=no"});
  append(argv, hop.key.options());
  append(argv, through);
  if (jump.host.port) append(argv, {"-p", std::to_string(*jump.host.port)});
  append(argv, {"--", jump.host.destination});
  write_file_atomically(directory / "script",
                        fmt::format("exec {} -W \"[$1]:$2\" {} 2>{}\n", sh_joined(ssh_program()),
                                    sh_joined(argv), sh_quoted((directory / "words").string())));
  hops_.push_back(std::move(hop));
}

std::vector<std::string> Way::options() const {
  if (hops_.empty()) return {};
  return {"-o", "ProxyCommand=" + proxy_command(hops_.back().directory / "script")};
}

std::string Way::patience() const {
  return fmt::format("ConnectTimeout={}", 10 * (hops_.size() + 1));
}

void Way::forget() const {
  for (const Hop& hop : hops_) {
    hop.key.forget();
    remove_tree(hop.directory / "words");
  }
}

std::vector<HopEnd> Way::ends() const {
  std::vector<HopEnd> ends;
  ends.reserve(hops_.size());
  for (const Hop& hop : hops_)
    ends.push_back(
        {.key = {.host = hop.host.shown, .pin = hop.key.pin(), .offered = hop.key.offered(), .jump_to = to_},
         .key_is_noted = hop.key.notes(),
         .words = read_file_if_exists(hop.directory / "words").value_or("")});
  return ends;
}

}  // namespace belay
