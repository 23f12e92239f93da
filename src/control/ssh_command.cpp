#include "control/ssh_command.hpp"

#include <cstdlib>

#include <sys/un.h>

#include "base/error.hpp"
#include "control/quoting.hpp"

namespace belay {

namespace {

HostAddress checked(const HostAddress& host) {
  const std::size_t at = host.destination.rfind('@');
  const std::string name = at == std::string::npos ? host.destination : host.destination.substr(at + 1);
  if (host.destination.empty() || host.destination.starts_with('-') || name.empty() || name.starts_with('-'))
    throw Error("\"" + host.shown + "\" is no host", "ssh would take it for an option",
                "write host: user@name in belay.yml, or local", ExitCode::bad_input);
  return host;
}

void require_room_for_socket(const fs::path& directory) {
  // ssh binds "<path>.<16 random letters>" first and renames it.
  const std::size_t needed = directory.string().size() + std::string("/ssh.").size() + 16;
  if (needed >= sizeof(sockaddr_un::sun_path))
    throw Error("the directory " + directory.string() + " has too long a name for a unix socket", {},
                "set XDG_RUNTIME_DIR to a shorter directory of yours, or unset it", ExitCode::bad_input);
}

std::optional<PrivateAgent> agent_for_key(const Lifeline& life, std::stop_token stop) {
  const auto& key = ssh_key_from_environment();
  if (!key) return std::nullopt;
  return PrivateAgent(*key, life, stop);
}

}  // namespace

std::vector<std::string> ssh_program() {
  const char* const program = std::getenv("BELAY_SSH");
  const char* const config = std::getenv("BELAY_SSH_CONFIG");
  std::vector<std::string> argv{program != nullptr && *program != '\0' ? program : "ssh"};
  if (config != nullptr && *config != '\0') argv.insert(argv.end(), {"-F", config});
  return argv;
}

SshAccess::SshAccess(const HostAddress& host, const std::string& host_key, std::stop_token stop)
    : host_(checked(host)),
      life_("belay-ssh-"),
      agent_(agent_for_key(life_, stop)),
      host_keys_(host_, host_key, life_.directory(), stop) {
  require_room_for_socket(life_.directory());
}

Command SshAccess::connect(const std::string& remote_command) const {
  std::vector<std::string> argv = ssh_program();
  argv.insert(argv.end(), {"-M", "-S", socket(), "-T"});
  for (const char* const option :
       {"ControlPersist=no", "BatchMode=yes", "LogLevel=ERROR", "ConnectTimeout=10", "ServerAliveInterval=5",
        "ServerAliveCountMax=3", "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no",
        "RemoteCommand=none", "PermitLocalCommand=no"})
    argv.insert(argv.end(), {"-o", option});
  argv.insert(argv.end(), host_keys_.options().begin(), host_keys_.options().end());
  if (agent_)
    argv.insert(argv.end(), {"-o", "IdentityAgent=" + agent_->socket().string(), "-o", "IdentitiesOnly=no",
                             "-o", "IdentityFile=none"});
  if (host_.port) argv.insert(argv.end(), {"-p", std::to_string(*host_.port)});
  argv.insert(argv.end(), {"--", host_.destination, remote_command});
  Command command{.argv = argv};
  // A jump host (ProxyJump) is reached by an ssh of its own, which takes none of the options above. What it
  // would ask for, it gets no answer to, and fails instead of waiting; the key it finds as every ssh does.
  command.set = {{"SSH_ASKPASS", "false"}, {"SSH_ASKPASS_REQUIRE", "force"}};
  if (agent_) command.set["SSH_AUTH_SOCK"] = agent_->socket().string();
  return command;
}

std::vector<std::string> SshAccess::client() const {
  std::vector<std::string> argv = ssh_program();
  // Without a master ssh would quietly connect anew; the proxy command that only fails keeps it from that.
  argv.insert(argv.end(), {"-S", socket(), "-o", "ControlMaster=no", "-o", "ProxyCommand=false", "-o",
                           "BatchMode=yes", "-o", "LogLevel=ERROR", "-o", "RemoteCommand=none"});
  return argv;
}

Command SshAccess::over_connection(const std::vector<std::string>& argv, bool terminal) const {
  std::vector<std::string> words = client();
  words.push_back(terminal ? "-t" : "-T");
  words.insert(words.end(), {"--", host_.destination, sh_joined(argv)});
  return Command{.argv = words};
}

std::string SshAccess::remote_shell() const {
  return sh_joined(client()) + " -T";
}

void SshAccess::clear_socket() const {
  remove_tree(socket());
}

}  // namespace belay
