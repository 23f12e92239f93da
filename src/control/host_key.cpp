#include "control/host_key.hpp"

#include <fmt/core.h>

#include "base/files.hpp"
#include "base/process.hpp"
#include "control/shipment.hpp"

namespace belay {

namespace {

/// ssh splits the option's value like a shell, and takes % for a token.
std::string for_ssh_option(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '%') quoted += '%';
    quoted += c;
  }
  return quoted + "\"";
}

/// ssh-keyscan -c prints certificates without the host's name.
std::string named_lines(const std::string& lines, const std::string& host) {
  std::string named;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    named += host + " " + lines.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return named;
}

/// Plain keys and certificates of a host that is reached directly.
std::vector<OfferedKey> scanned_keys(const SshSettings& settings, std::stop_token stop) {
  std::vector<OfferedKey> keys;
  for (const bool certificates : {false, true}) {
    Command scan{.argv = {"ssh-keyscan", "-T", "10", "-p", settings.at("port")}};
    if (certificates) scan.argv.emplace_back("-c");
    scan.argv.insert(scan.argv.end(), {"--", settings.at("hostname")});
    const Captured answer = capture(scan, stop, Deadline::in(std::chrono::seconds(30)));
    for (auto& key : keys_in(certificates ? named_lines(answer.out, settings.at("hostname")) : answer.out))
      keys.push_back(std::move(key));
  }
  return keys;
}

/// The key of a host behind another one: ssh writes it down before a login that it does not try.
std::vector<OfferedKey> key_behind(const HostAddress& host, const std::vector<std::string>& proxy,
                                   const std::filesystem::path& file, std::stop_token stop) {
  std::vector<std::string> argv = ssh_program();
  argv.emplace_back("-T");
  for (const std::string& option :
       {std::string("StrictHostKeyChecking=accept-new"), "UserKnownHostsFile=" + file.string(),
        std::string("GlobalKnownHostsFile=/dev/null"), std::string("HashKnownHosts=no"),
        std::string("BatchMode=yes"), std::string("PreferredAuthentications=none"),
        std::string("ControlPath=none"), std::string("ConnectTimeout=30")})
    argv.insert(argv.end(), {"-o", option});
  argv.insert(argv.end(), proxy.begin(), proxy.end());
  if (host.port) argv.insert(argv.end(), {"-p", std::to_string(*host.port)});
  argv.insert(argv.end(), {"--", host.destination, "true"});
  capture(Command{.argv = argv}, std::move(stop), Deadline::in(std::chrono::seconds(40)));
  return keys_in(read_file_if_exists(file).value_or(""));
}

bool is_reached_directly(const Reached& reached) {
  const std::string proxy = reached.settings.at("proxycommand");
  return reached.proxy.empty() && (proxy.empty() || proxy == "none") && reached.settings.jump_hosts().empty();
}

const char* const compare =
    "Find out from the host itself (its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub). ";

std::string shown(const OfferedKey& offered) {
  const auto certificate = certificate_in(offered);
  if (!certificate) return offered.type + " " + offered.fingerprint();
  return fmt::format("{} {}, with a certificate signed by {} {}", certificate->own.type,
                     certificate->own.fingerprint(), certificate->authority.type,
                     certificate->authority.fingerprint());
}

std::string known_hosts_lines(const OfferedKey& offered) {
  const auto certificate = certificate_in(offered);
  if (!certificate) return offered.known_hosts_line();
  return certificate->own.known_hosts_line() + "\n    or:                " + certificate->known_hosts_line();
}

std::string lines_to_add(const KeyOfHost& key) {
  if (!key.offered) return "\n  in belay.yml:        host_key: SHA256:… (ssh-keygen -lf prints it)";
  return fmt::format("\n  in belay.yml:        {}\n  or in known_hosts:   {}", pinning_line(key),
                     known_hosts_lines(*key.offered));
}

std::string named(const KeyOfHost& key) {
  if (key.jump_to.empty()) return key.host;
  return fmt::format("the jump host {} on the way to {}", key.host, key.jump_to);
}

Error refused_pinned_key(const KeyOfHost& key, const std::string& words) {
  // The authority was believed, and its certificate does not hold: expired, or made out to another name.
  if (words.contains("Certificate invalid"))
    return Error(fmt::format("the certificate of {} does not hold: refused", named(key)), words,
                 "have it signed anew for the name by which belay reaches the host (HostKeyAlias in "
                 "~/.ssh/config is another name for it), or pin the host's own key",
                 ExitCode::bad_input);
  return Error(fmt::format("{} is not the host that belay.yml pins: refused", named(key)),
               fmt::format("pinned:  host_key: {}\noffered: {}", key.pin,
                           key.offered ? shown(*key.offered) : "a key that ssh did not report"),
               std::string("Another machine may be between you and the host. ") + compare +
                   "Only if the new key really belongs to the host, put it into belay.yml" +
                   (key.offered ? ":\n  " + pinning_line(key) : "."),
               ExitCode::bad_input);
}

}  // namespace

HostKeyRule::HostKeyRule(const HostAddress& host, std::string pin, const Reached& reached,
                         const std::filesystem::path& directory, std::stop_token stop)
    : pin_(std::move(pin)), record_(directory / "offered-key") {
  options_ = {"-o", "StrictHostKeyChecking=yes"};
  std::string believed = "/dev/null";
  const bool asks_us = reached.settings.has_known_hosts_command();
  if (!pin_.empty() && !asks_us) {
    const auto keys = is_reached_directly(reached)
                          ? scanned_keys(reached.settings, stop)
                          : key_behind(host, reached.proxy, directory / "seen", stop);
    note_offered(record_, keys);
    std::string lines;
    for (OfferedKey key : keys) {
      key.host = "*";  // the file is this host's alone
      if (const auto line = line_believing(pin_, key); !line.empty()) lines += line + "\n";
    }
    believed = (directory / "known_hosts").string();
    write_file_atomically(believed, lines);
  }
  if (!pin_.empty())
    options_.insert(options_.end(), {"-o", "UserKnownHostsFile=" + believed, "-o",
                                     "GlobalKnownHostsFile=/dev/null", "-o", "VerifyHostKeyDNS=no"});
  // The user's own command decides for the user, as known_hosts would.
  const bool users_own_command = !reached.settings.at("knownhostscommand").empty();
  notes_ = asks_us && (!pin_.empty() || !users_own_command);
  if (notes_)
    options_.insert(options_.end(),
                    {"-o", fmt::format("KnownHostsCommand={} internal known-host {} {} %I %t %K %H",
                                       for_ssh_option(own_executable().string()),
                                       for_ssh_option(record_.string()), pin_.empty() ? "-" : pin_)});
}

std::optional<OfferedKey> HostKeyRule::offered() const {
  const auto keys = offered_keys(record_);
  if (keys.empty()) return std::nullopt;
  return keys.back();
}

void HostKeyRule::forget() const {
  if (notes_) remove_tree(record_);
}

std::string pinning_line(const KeyOfHost& key) {
  const auto certificate = certificate_in(*key.offered);
  const std::string fingerprint = key.offered->fingerprint();
  const std::string authority =
      certificate ? "  # or the authority's: " + certificate->authority.fingerprint() : "";
  if (key.jump_to.empty()) return "host_key: " + fingerprint + authority;
  return fmt::format("jump: {{ host: \"{}\", host_key: {} }}{}", key.host, fingerprint, authority);
}

Error refused_host_key(const KeyOfHost& key, const std::string& words) {
  if (!key.pin.empty()) return refused_pinned_key(key, words);
  const std::string why = words + (key.offered ? "\noffered: " + shown(*key.offered) : "");
  if (words.contains("IDENTIFICATION HAS CHANGED"))
    return Error(fmt::format("THE HOST KEY OF {} HAS CHANGED: refused", named(key)), why,
                 std::string("Another machine may be between you and the host. ") + compare +
                     "Only if the new key really belongs to the host, remove the old line from known_hosts "
                     "(ssh-keygen -R) and add the new one:" +
                     lines_to_add(key),
                 ExitCode::bad_input);
  return Error(fmt::format("the host key of {} is not known: refused", named(key)), why,
               "Compare the fingerprint with the host's own (its console: ssh-keygen -lf "
               "/etc/ssh/ssh_host_ed25519_key.pub); if it is the same, add it:" +
                   lines_to_add(key),
               ExitCode::bad_input);
}

}  // namespace belay
