#include "control/ssh_settings.hpp"

#include <charconv>
#include <cstdlib>

#include "base/error.hpp"
#include "base/process.hpp"

namespace belay {

namespace {

constexpr std::chrono::seconds patience{20};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    if (end > at) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

template <class ValueOf>
std::string with_tokens(const std::string& text, const ValueOf& value_of) {
  std::string filled;
  for (std::size_t i = 0; i < text.size(); ++i)
    filled += text[i] == '%' && i + 1 < text.size() ? value_of(text[++i]) : std::string(1, text[i]);
  return filled;
}

}  // namespace

std::vector<std::string> ssh_program() {
  const char* const program = std::getenv("BELAY_SSH");
  const char* const config = std::getenv("BELAY_SSH_CONFIG");
  std::vector<std::string> argv{program != nullptr && *program != '\0' ? program : "ssh"};
  if (config != nullptr && *config != '\0') argv.insert(argv.end(), {"-F", config});
  return argv;
}

SshSettings::SshSettings(const HostAddress& host, std::stop_token stop)
    : name_(host.destination.substr(host.destination.rfind('@') + 1)) {
  std::vector<std::string> argv = ssh_program();
  argv.push_back("-G");
  if (host.port) argv.insert(argv.end(), {"-p", std::to_string(*host.port)});
  argv.insert(argv.end(), {"--", host.destination});
  const Captured answer = capture(Command{.argv = argv}, std::move(stop), Deadline::in(patience));
  if (!answer.ok())
    throw Error("ssh does not accept its configuration for " + host.shown, answer.err,
                "correct ~/.ssh/config, or host: in belay.yml", ExitCode::bad_input);
  text_ = answer.out;
}

std::string SshSettings::at(const std::string& name) const {
  for (const std::string& line : split(text_, '\n'))
    if (line.starts_with(name + " ")) return line.substr(name.size() + 1);
  return {};
}

bool SshSettings::has_known_hosts_command() const {
  // 8.5 gave this setting another name, too. It is read here, since `ssh -V` is one more program to wait for.
  return at("pubkeyacceptedkeytypes").empty();
}

std::vector<HostAddress> SshSettings::jump_hosts() const {
  const std::string jump = at("proxyjump");
  std::vector<HostAddress> hosts;
  if (jump == "none") return hosts;
  for (const std::string& host : split(jump, ',')) {
    // `ssh -G` leaves them as they are written.
    const auto of_host = [&](char token) {
      switch (token) {
        case 'h':
          return at("hostname");
        case 'n':
          return name_;
        case 'p':
          return at("port");
        case 'r':
          return at("user");
        default:
          return std::string(1, token);
      }
    };
    hosts.push_back(jump_host_from(with_tokens(host, of_host)));
  }
  return hosts;
}

HostAddress jump_host_from(const std::string& text) {
  std::string rest = text.starts_with("ssh://") ? text.substr(6) : text;
  HostAddress host{.local = false, .destination = {}, .port = {}, .shown = text};
  if (const auto at = rest.rfind('@'); at != std::string::npos) {
    host.destination = rest.substr(0, at + 1);
    rest.erase(0, at + 1);
  }
  const auto bracket = rest.starts_with('[') ? rest.find(']') : std::string::npos;
  const auto colon = bracket == std::string::npos ? rest.rfind(':') : rest.find(':', bracket);
  if (colon != std::string::npos) {
    int port = 0;
    std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), port);
    if (port > 0) host.port = port;
    rest.resize(colon);
  }
  host.destination += bracket == std::string::npos ? rest : rest.substr(1, bracket - 1);
  return host;
}

}  // namespace belay
