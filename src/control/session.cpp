#include "control/session.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "control/foreground.hpp"
#include "control/ssh_command.hpp"
#include "control/ssh_failure.hpp"
#include "drivers/own_state.hpp"
#include "model/layout.hpp"

namespace belay {

struct Session::Connection {
  EnvironmentConfig environment;
  Bootstrap bootstrap;
  std::unique_ptr<SshAccess> ssh;  // none for local
  std::unique_ptr<Line> line;
  wire::Hello hello;

  const std::string& host() const { return environment.host.shown; }
  void connect(Watcher&, std::stop_token);
  void connect_by_ssh(Watcher&, std::stop_token);
  void connect_here(std::stop_token);
};

namespace {

/// Where this program runs as the host's side of `local`. A look at an environment that was never deployed
/// uses the program as it is.
fs::path local_program(const Bootstrap& bootstrap) {
  if (bootstrap.purpose == Purpose::change) make_directories(bootstrap.live, 0755);
  const Layout layout = layout_of(bootstrap.live);
  if (bootstrap.purpose == Purpose::look && !fs::exists(layout.state)) return bootstrap.binary.file;
  make_directories(layout.state, 0700);
  return install_binary(bootstrap.binary, layout.state / "bin");
}

}  // namespace

void Session::Connection::connect(Watcher& watcher, std::stop_token stop) {
  line.reset();
  while_doing("connecting to " + host(), [&] { ssh ? connect_by_ssh(watcher, stop) : connect_here(stop); });
  line->begin();
  watcher.connected(hello);
}

void Session::Connection::connect_by_ssh(Watcher& watcher, std::stop_token stop) {
  ssh->forget_connection();
  bootstrap.marker = "belay-" + random_nonce();
  line = std::make_unique<Line>(ssh->connect(remote_command(bootstrap)));
  bool login_done = false;
  const auto said = bootstrapped(*line, bootstrap, host(), login_done, watcher, stop);
  if (!said) {
    const Line::LastWords last = line->last_words();
    throw described(SshFailure{.host = host(),
                               .pin = ssh->host_keys().pin(),
                               .offered = ssh->host_keys().offered(),
                               .outcome = last.outcome,
                               .words = last.text,
                               .login_done = login_done,
                               .hops = ssh->way().ends()});
  }
  hello = *said;
}

void Session::Connection::connect_here(std::stop_token stop) {
  const fs::path program = local_program(bootstrap);
  line = std::make_unique<Line>(
      Command{.argv = {program.string(), "host", "session", "--path", bootstrap.live.string(), "--state",
                       own_state(bootstrap.live).string()}});
  const auto said = read_hello(*line, host(), stop);
  if (!said) {
    const Line::LastWords last = line->last_words();
    throw described(SshFailure{.host = host(),
                               .pin = {},
                               .offered = {},
                               .outcome = last.outcome,
                               .words = last.text,
                               .login_done = true});
  }
  hello = *said;
}

Session::Session(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;

Session Session::open(const EnvironmentConfig& environment, Watcher& watcher, std::stop_token stop,
                      Purpose purpose) {
  ssh_key_from_environment();  // before any child is started
  watcher.connecting(environment.host.shown);
  auto connection = std::make_unique<Connection>();
  connection->environment = environment;
  connection->bootstrap = {.binary = own_binary(),
                           .live = environment.path,
                           .marker = {},
                           .purpose = purpose,
                           .others = binaries_in_the_package()};
  if (!environment.host.local)
    connection->ssh =
        std::make_unique<SshAccess>(environment.host, environment.host_key, environment.jump, stop);
  connection->connect(watcher, stop);
  return Session(std::move(connection));
}

const wire::Hello& Session::hello() const {
  return connection_->hello;
}

void Session::send(const wire::ToHost& message) {
  connection_->line->send(message);
}

Received Session::receive(std::stop_token stop, Deadline deadline) {
  return connection_->line->receive(std::move(stop), deadline);
}

std::string Session::why_dead() {
  const std::string words = connection_->line->last_words().text;
  return connection_->line->why_dead() + (words.empty() ? "" : ": " + words);
}

void Session::reconnect(Watcher& watcher, std::stop_token stop) {
  connection_->connect(watcher, std::move(stop));
}

boost::json::value Session::ask(const std::string& about, boost::json::object arguments, std::stop_token stop,
                                Deadline deadline) {
  send(wire::Ask{.about = about, .arguments = std::move(arguments)});
  for (;;) {
    Received received = receive(stop, deadline);
    const std::string asking = fmt::format("asking {} about its {}", connection_->host(), about);
    switch (received.end) {
      case Received::End::message:
        break;
      case Received::End::dead:
        throw Error("lost the connection while " + asking, why_dead());
      case Received::End::deadline:
        throw Error("no answer while " + asking);
      case Received::End::stopped:
        throw Error("stopped while " + asking);
    }
    if (auto* const answer = std::get_if<wire::Answer>(&*received.message)) return std::move(answer->value);
    if (const auto* const failure = std::get_if<wire::Failure>(&*received.message)) {
      Error error(failure->message, failure->why, failure->next, ExitCode{failure->exit_code});
      error.add_frame(asking);
      throw error;
    }
  }
}

std::vector<KeyOfHost> Session::host_keys() const {
  std::vector<KeyOfHost> keys;
  if (!connection_->ssh) return keys;
  for (auto& hop : connection_->ssh->way().ends()) keys.push_back(std::move(hop.key));
  keys.push_back({.host = connection_->host(),
                  .pin = connection_->ssh->host_keys().pin(),
                  .offered = connection_->ssh->host_keys().offered()});
  return keys;
}

std::string Session::remote_shell() const {
  return connection_->ssh ? connection_->ssh->remote_shell() : "";
}

std::string Session::rsync_target(const std::filesystem::path& path) const {
  if (!connection_->ssh) return path.string();
  const std::string& destination = connection_->environment.host.destination;
  const std::size_t at = destination.rfind('@') + 1;  // npos + 1 is 0
  const std::string user = destination.substr(0, at), name = destination.substr(at);
  // An IPv6 address's colons would end rsync's host name.
  return name.find(':') == std::string::npos ? destination + ":" + path.string()
                                             : fmt::format("{}[{}]:{}", user, name, path.string());
}

Captured Session::capture_there(const std::vector<std::string>& argv, const std::string& input,
                                std::stop_token stop, Deadline deadline) {
  Command command = connection_->ssh ? connection_->ssh->over_connection(argv, false) : Command{.argv = argv};
  command.input = input;
  return capture(command, std::move(stop), deadline);
}

int Session::run_in_foreground(const std::vector<std::string>& argv, bool terminal, std::stop_token stop,
                               const Masks& masks) {
  return belay::run_in_foreground(
      connection_->ssh ? connection_->ssh->over_connection(argv, terminal).argv : argv, std::move(stop),
      masks);
}

}  // namespace belay
