#include "sshd.hpp"

#include <thread>

#include <fmt/core.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"

namespace belay::testing {

namespace {

using namespace std::chrono_literals;

std::string user() {
  std::string name = sh({"id", "-un"});
  name.pop_back();
  return name;
}

void make_key(const fs::path& file) {
  fs::remove(file);
  fs::remove(file.string() + ".pub");
  sh({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "belay-test", "-f", file.string()});
}

}  // namespace

Sshd::Sshd() {
  fs::create_directories(home());
  make_key(private_key());
  make_host_key();
  fs::copy_file(private_key().string() + ".pub", scratch_ / "authorized_keys");
  const std::string common = fmt::format(
      "Host *\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile /dev/null\n", known_hosts().string());
  scratch_.write("ssh_config",
                 fmt::format("Host shop\n  HostName 127.0.0.1\n  Port {}\n  User {}\n", port(), user()) +
                     common +
                     fmt::format("  IdentityFile {}\n  IdentitiesOnly yes\n", private_key().string()));
  scratch_.write("ssh_config_keyless", common + "  IdentityFile none\n  IdentityAgent none\n");
  scratch_.write("known_hosts", known_hosts_line() + "\n");
  // The session's HOME is ours, so that its start-up files are the test's.
  scratch_.write("sshd_config", fmt::format(R"(ListenAddress 127.0.0.1:{}
HostKey {}
AuthorizedKeysFile {}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 50
LogLevel VERBOSE
SetEnv HOME={}
)",
                                            port(), (scratch_ / "host_key").string(),
                                            (scratch_ / "authorized_keys").string(), home().string()));
  if (::getuid() == 0) fs::create_directories("/run/sshd");
  start();
}

HostAddress Sshd::address() const {
  const std::string destination = user() + "@127.0.0.1";
  return {.local = false,
          .destination = destination,
          .port = port(),
          .shown = fmt::format("{}:{}", destination, port())};
}

void Sshd::make_host_key() const {
  make_key(scratch_ / "host_key");
}

void Sshd::change_host_key() {
  make_host_key();
  restart();
}

void Sshd::restart() {
  sshd_.reset();
  start();
}

void Sshd::set(const std::string& line) {
  const auto file = scratch_ / "sshd_config";
  write_file_atomically(file, read_file(file) + line + "\n");
  restart();
}

void Sshd::set_login_shell(const std::string& shell) {
  set(fmt::format("ForceCommand exec {} -c \"$SSH_ORIGINAL_COMMAND\"", shell));
}

void Sshd::start() {
  const int started_before = count("Server listening on");
  sshd_.emplace(Command{.argv = {"/usr/sbin/sshd", "-D", "-f", (scratch_ / "sshd_config").string(), "-E",
                                 (scratch_ / "log").string()}},
                Child::Pipes{.in = false, .out = false, .err = false});
  // Its log says so; a connection to find out would be counted.
  for (const Deadline deadline = Deadline::in(20s); count("Server listening on") == started_before;
       std::this_thread::sleep_for(20ms))
    if (deadline.expired()) throw Error("sshd does not start", log());
}

std::string Sshd::fingerprint() const {
  const std::string listed = sh({"ssh-keygen", "-lf", (scratch_ / "host_key.pub").string()});
  const std::size_t at = listed.find("SHA256:");
  return listed.substr(at, listed.find(' ', at) - at);
}

std::string Sshd::known_hosts_line() const {
  const std::string key = read_file(scratch_ / "host_key.pub");
  return fmt::format("[127.0.0.1]:{} {}", port(), key.substr(0, key.find(' ', key.find(' ') + 1)));
}

std::string Sshd::log() const {
  return read_file_if_exists(scratch_ / "log").value_or("");
}

int Sshd::count(const std::string& words) const {
  const std::string text = log();
  int found = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++found;
  return found;
}

}  // namespace belay::testing
