#include <doctest/doctest.h>
#include <signal.h>

#include "base/line_reader.hpp"
#include "control/shipment.hpp"
#include "world.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

namespace {

/// This program in a process of its own, as a controller with its key in BELAY_SSH_KEY.
Command holder(const World& world, const std::string& key) {
  return {
      .argv = {own_executable().string(), "hold-session", world.environment.host.destination,
               std::to_string(*world.environment.host.port), world.sshd.fingerprint(), world.live().string()},
      .set = {{"BELAY_SSH_KEY", key}, {"BELAY_SSH_CONFIG", world.sshd.keyless_config().string()}}};
}

/// Processes whose command line holds `text`.
std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::error_code gone;
    if (!fs::exists(entry.path() / "cmdline", gone)) continue;
    if (holds(read_file_if_exists(entry.path() / "cmdline").value_or(""), text))
      found.push_back(std::stoi(name));
  }
  return found;
}

}  // namespace

TEST_CASE("the key of BELAY_SSH_KEY logs in; kill -9 of its owner ends the agent and removes its directory") {
  World world;
  const std::string key = read_file(world.sshd.private_key());
  Child owner(holder(world, key));
  LineReader lines(owner.out().get());
  std::string shell;
  REQUIRE(lines.next(shell, {}, Deadline::in(60s)) == LineReader::Status::line);
  CHECK(world.sshd.logins() == 1);
  const std::size_t at = shell.find("-S ") + 3;
  const fs::path directory = fs::path(shell.substr(at, shell.find(' ', at) - at)).parent_path();
  const std::string agent_socket = (directory / "agent").string();

  // The agent is there, holds the key, and nothing else has it: no file, no environment, no arguments.
  CHECK(holds(sh({"env", "SSH_AUTH_SOCK=" + agent_socket, "ssh-add", "-l"}), "ED25519"));
  const std::string secret = key.substr(key.find('\n') + 1, 60);
  for (const std::string& file : files_in(directory))
    if (fs::is_regular_file(directory / file)) CHECK(!holds(read_file(directory / file), secret));
  for (const pid_t pid : processes_with(directory.string()))
    CHECK(!holds(read_file_if_exists("/proc/" + std::to_string(pid) + "/environ").value_or(""), secret));
  CHECK(!holds(read_file("/proc/" + std::to_string(owner.pid()) + "/environ"), secret));

  const auto tied = processes_with(directory.string());
  CHECK(tied.size() >= 3);  // ssh, agent, the shells that watch
  ::kill(owner.pid(), SIGKILL);
  CHECK(comes_true([&] { return std::ranges::none_of(tied, [](pid_t pid) { return lives(pid); }); }));
  CHECK(comes_true([&] { return !fs::exists(directory); }));
  CHECK(processes_with(directory.string()).empty());
}

TEST_CASE("a key without its last newline, with carriage returns, or on one line, is understood") {
  World world;
  const std::string key = read_file(world.sshd.private_key());
  std::string dos, one_line;
  for (const char c : key) {
    dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
    one_line += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  int logins = 0;
  for (const std::string& text : {key.substr(0, key.size() - 1), dos, one_line}) {
    Child owner(holder(world, text));
    LineReader lines(owner.out().get());
    std::string shell;
    CHECK(lines.next(shell, {}, Deadline::in(60s)) == LineReader::Status::line);
    CHECK(world.sshd.logins() == ++logins);
  }
}

TEST_CASE("a key that is none is refused with ssh-add's words, before any connection") {
  World world;
  const int before = world.sshd.connections();
  for (const std::string text :
       {"not a key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"}) {
    const Captured refused = capture(holder(world, text), {}, Deadline::in(60s));
    CHECK(refused.outcome.code == 2);
    CHECK(holds(refused.err, "BELAY_SSH_KEY does not hold a private key"));
    CHECK(!holds(refused.err, "AAAA"));
  }
  CHECK(world.sshd.connections() == before);
}

TEST_CASE("a key with a passphrase is refused, not asked about") {
  World world;
  const Scratch scratch;
  sh({"ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", (scratch / "id").string()});
  const Captured refused = capture(holder(world, read_file(scratch / "id")), {}, Deadline::in(60s));
  CHECK(refused.outcome.code == 2);
  CHECK(holds(refused.err, "passphrase"));
}
