#include "control/ssh_command.hpp"

#include <cstdlib>

#include <sys/un.h>

#include "base/error.hpp"
#include "control/quoting.hpp"

namespace belay {

namespace {

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

SshAccess::SshAccess(const HostAddress& host, const std::string& host_key, const std::vector<JumpHost>& jump,
                     std::stop_token stop)
    : host_(checked_host(host)),
      life_("belay-ssh-"),
      agent_(agent_for_key(life_, stop)),
      settings_(host_, stop),
      way_(host_, jump, settings_,
           {.directory = life_.directory(), .agent = agent_ ? std::optional(agent_->socket()) : std::nullopt},
           stop),
      host_keys_(host_, host_key, {settings_, way_.options()}, life_.directory(), stop) {
  require_room_for_socket(life_.directory());
}

Command SshAccess::connect(const std::string& remote_command) const {
  std::vector<std::string> argv = ssh_program();
  argv.insert(argv.end(), {"-M", "-S", socket(), "-T"});
  for (const char* const option :
       {"ControlPersist=no", "BatchMode=yes", "LogLevel=ERROR", "ServerAliveInterval=5",
        "ServerAliveCountMax=3", "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no",
        "RemoteCommand=none", "PermitLocalCommand=no"})
    argv.insert(argv.end(), {"-o", option});
  argv.insert(argv.end(), {"-o", way_.patience()});
  const auto through = way_.options();
  argv.insert(argv.end(), through.begin(), through.end());
  argv.insert(argv.end(), host_keys_.options().begin(), host_keys_.options().end());
  if (agent_)
    argv.insert(argv.end(), {"-o", "IdentityAgent=" + agent_->socket().string(), "-o", "IdentitiesOnly=no",
                             "-o", "IdentityFile=none"});
  if (host_.port) argv.insert(argv.end(), {"-p", std::to_string(*host_.port)});
  argv.insert(argv.end(), {"--", host_.destination, remote_command});
  Command command{.argv = argv};
  // A ProxyCommand of the user's own may be an ssh, too, which takes none of the options above. What it
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

void SshAccess::forget_connection() const {
  remove_tree(socket());
  host_keys_.forget();
  way_.forget();
}

}  // namespace belay
