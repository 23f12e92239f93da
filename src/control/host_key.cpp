#include "control/host_key.hpp"

#include <cerrno>
#include <charconv>
#include <future>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "control/shipment.hpp"
#include "control/ssh_command.hpp"

namespace belay {

namespace {

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = line.find_first_not_of(' ', at);
    if (begin == std::string::npos) break;
    const std::size_t end = std::min(line.find(' ', begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    at = end;
  }
  return words;
}

void note(const std::string& record, const std::string& line) {
  Fd file(::open(record.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!file) throw system_error("cannot write " + record, errno);
  write_all(file.get(), line);
}

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

/// The value of one line of `ssh -G`; empty if it is not there.
std::string setting(const std::string& settings, const std::string& name) {
  for (std::size_t at = 0; at < settings.size();) {
    const std::size_t end = std::min(settings.find('\n', at), settings.size());
    const std::string line = settings.substr(at, end - at);
    if (line.starts_with(name + " ")) return line.substr(name.size() + 1);
    at = end + 1;
  }
  return {};
}

std::string effective_settings(const HostAddress& host, std::stop_token stop) {
  std::vector<std::string> argv = ssh_program();
  argv.push_back("-G");
  if (host.port) argv.insert(argv.end(), {"-p", std::to_string(*host.port)});
  argv.insert(argv.end(), {"--", host.destination});
  const Captured answer = capture(Command{.argv = argv}, stop, Deadline::in(std::chrono::seconds(20)));
  if (!answer.ok())
    throw Error("ssh does not accept its configuration for " + host.shown, answer.err,
                "correct ~/.ssh/config, or host: in belay.yml", ExitCode::bad_input);
  return answer.out;
}

bool has_known_hosts_command(std::stop_token stop) {
  std::vector<std::string> argv = ssh_program();
  argv.push_back("-V");
  const Captured answer = capture(Command{.argv = argv}, stop, Deadline::in(std::chrono::seconds(20)));
  const auto version = openssh_version(answer.err + answer.out);
  return version == std::pair(0, 0) || version >= std::pair(8, 5);
}

/// Known-hosts lines of the keys that ssh-keyscan sees and that have the fingerprint.
std::string scanned_lines(const std::string& settings, const std::string& pin, std::stop_token stop) {
  const std::string port = setting(settings, "port"), name = setting(settings, "hostname");
  const Command scan{.argv = {"ssh-keyscan", "-T", "10", "-p", port, "--", name}};
  const Captured keys = capture(scan, stop, Deadline::in(std::chrono::seconds(30)));
  std::string lines;
  for (std::size_t at = 0; at < keys.out.size();) {
    const std::size_t end = std::min(keys.out.find('\n', at), keys.out.size());
    const auto words = words_of(keys.out.substr(at, end - at));
    if (words.size() == 3 && words[0] != "#" && ssh_fingerprint(words[2]) == pin)
      lines += fmt::format("{} {} {}\n", words[0], words[1], words[2]);
    at = end + 1;
  }
  return lines;
}

}  // namespace

std::string OfferedKey::fingerprint() const {
  return ssh_fingerprint(key);
}

std::string known_hosts_answer(const std::string& pin, const std::string& reason, const OfferedKey& offered) {
  if (reason == "ORDER" || pin == "-" || offered.fingerprint() != pin) return {};
  return offered.known_hosts_line() + "\n";
}

int known_host_command(const std::vector<std::string>& arguments) {
  if (arguments.size() != 6)
    throw Error("internal known-host needs RECORD PIN REASON TYPE KEY HOST", {}, {}, ExitCode::bad_input);
  const std::string &record = arguments[0], &pin = arguments[1], &reason = arguments[2];
  const OfferedKey offered{.type = arguments[3], .key = arguments[4], .host = arguments[5]};
  if (reason == "HOSTNAME") note(record, offered.known_hosts_line() + "\n");
  write_all(STDOUT_FILENO, known_hosts_answer(pin, reason, offered));
  return 0;
}

std::vector<OfferedKey> offered_keys(const std::filesystem::path& record) {
  std::vector<OfferedKey> keys;
  const std::string text = read_file_if_exists(record).value_or("");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const auto words = words_of(text.substr(at, end - at));
    if (words.size() == 3) keys.push_back({.type = words[1], .key = words[2], .host = words[0]});
    at = end + 1;
  }
  return keys;
}

HostKeyRule::HostKeyRule(const HostAddress& host, std::string pin, std::filesystem::path directory,
                         std::stop_token stop)
    : pin_(std::move(pin)), record_(directory / "offered-key"), known_hosts_(directory / "known_hosts") {
  options_ = {"-o", "StrictHostKeyChecking=yes"};
  auto command_is_known = std::async(std::launch::async, [&] { return has_known_hosts_command(stop); });
  const std::string settings = effective_settings(host, stop);
  if (const std::string jump = setting(settings, "proxyjump"); jump != "none") jump_ = jump;
  const bool command_works = command_is_known.get();
  const bool users_own_command = !setting(settings, "knownhostscommand").empty();
  std::string believed = "/dev/null";
  if (!pin_.empty() && !command_works) {
    write_file_atomically(known_hosts_, scanned_lines(settings, pin_, stop));
    believed = known_hosts_.string();
  }
  if (!pin_.empty())
    options_.insert(options_.end(),
                    {"-o", "UserKnownHostsFile=" + believed, "-o", "GlobalKnownHostsFile=/dev/null", "-o",
                     "VerifyHostKeyDNS=no", "-o", "HostKeyAlias=none"});
  // The user's own command decides for the user, as known_hosts would.
  if (command_works && (!pin_.empty() || !users_own_command))
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

Error refused_host_key(const std::string& host, const std::string& pin,
                       const std::optional<OfferedKey>& offered, const std::string& words) {
  const std::string shown = offered ? fmt::format("{} {}", offered->type, offered->fingerprint()) : "";
  if (!pin.empty()) {
    return Error(
        fmt::format("{} is not the host that belay.yml pins: refused", host),
        fmt::format("pinned:  host_key: {}\noffered: {}", pin, offered ? shown : "a key that was not told"),
        "Somebody may stand between you and the host. Find out from the host itself (its console: ssh-keygen "
        "-lf "
        "/etc/ssh/ssh_host_ed25519_key.pub). Only if the new key is really its own, put it into belay.yml" +
            (offered ? ":\n  host_key: " + offered->fingerprint() : "."),
        ExitCode::bad_input);
  }
  const bool changed = words.find("IDENTIFICATION HAS CHANGED") != std::string::npos;
  const std::string lines =
      offered ? fmt::format("\n  in belay.yml:        host_key: {}\n  or in known_hosts:   {}",
                            offered->fingerprint(), offered->known_hosts_line())
              : "\n  in belay.yml:        host_key: SHA256:… (ssh-keygen -lf prints it)";
  if (changed)
    return Error(
        fmt::format("THE HOST KEY OF {} HAS CHANGED: refused", host),
        words + (offered ? "\noffered: " + shown : ""),
        "Somebody may stand between you and the host. Find out from the host itself (its console: ssh-keygen "
        "-lf /etc/ssh/ssh_host_ed25519_key.pub). Only if the new key is really its own, remove the old line "
        "from known_hosts (ssh-keygen -R) and add the new one:" +
            lines,
        ExitCode::bad_input);
  return Error(fmt::format("the host key of {} is not known: refused", host),
               words + (offered ? "\noffered: " + shown : ""),
               "Compare the fingerprint with the host's own (its console: ssh-keygen -lf "
               "/etc/ssh/ssh_host_ed25519_key.pub); if it is the same, add it:" +
                   lines,
               ExitCode::bad_input);
}

std::pair<int, int> openssh_version(const std::string& text) {
  const std::string_view mark = "OpenSSH_";
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return {0, 0};
  const char* const end = text.data() + text.size();
  std::pair<int, int> version{0, 0};
  const auto major = std::from_chars(text.data() + at + mark.size(), end, version.first);
  if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') return {0, 0};
  std::from_chars(major.ptr + 1, end, version.second);
  return version;
}

}  // namespace belay
