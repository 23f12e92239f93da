#include "base/spawn.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
extern "C" {  // glibc 2.36 forgot to say so
#include <sys/pidfd.h>
}
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"

namespace belay {

namespace {

void check(int failed, const char* what) {
  if (failed != 0) throw system_error(what, failed);
}

/// What happens between fork and exec, in order.
class FileActions {
 public:
  FileActions() { check(posix_spawn_file_actions_init(&actions_), "cannot prepare a process"); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  void put(std::optional<int> from, int to) {
    if (from) {
      check(posix_spawn_file_actions_adddup2(&actions_, lifted(*from), to),
            "cannot prepare a process's files");
    } else {
      const int flags = to == STDIN_FILENO ? O_RDONLY : O_WRONLY;
      check(posix_spawn_file_actions_addopen(&actions_, to, "/dev/null", flags, 0),
            "cannot prepare a process's files");
    }
  }
  void close_others() {
    check(posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1),
          "cannot prepare a process's files");
  }
  void enter(const std::filesystem::path& directory) {
    check(posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()),
          "cannot prepare a process's directory");
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  /// A descriptor among the first three would be overwritten before it is copied.
  int lifted(int fd) {
    if (fd > STDERR_FILENO) return fd;
    Fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!copy) throw system_error("cannot copy a descriptor", errno);
    return lifted_.emplace_back(std::move(copy)).get();
  }

  posix_spawn_file_actions_t actions_{};
  std::vector<Fd> lifted_;
};

class Attributes {
 public:
  Attributes() {
    check(posix_spawnattr_init(&attributes_), "cannot prepare a process");
    // A group of its own from its first instruction: what it starts can be killed with it.
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    // Ignored signals stay ignored through exec: a child that does not die of SIGPIPE or SIGTERM is a
    // surprise.
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int signal : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGQUIT}) sigaddset(&defaults, signal);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::vector<std::string> environment_for(const Command& command) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('='));
    const bool unset = std::find(command.unset.begin(), command.unset.end(), name) != command.unset.end();
    if (!unset && !command.set.contains(name)) entries.push_back(text);
  }
  for (const auto& [name, value] : command.set) entries.push_back(fmt::format("{}={}", name, value));
  return entries;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

Error not_started(const Command& command, int reason) {
  std::error_code unreadable;
  // exec and chdir fail with the same ENOENT; which it was decides what the user has to mend.
  const bool no_directory =
      !command.directory.empty() && !std::filesystem::is_directory(command.directory, unreadable);
  if (no_directory) {
    return Error(fmt::format("cannot start {}", command.argv[0]),
                 fmt::format("its directory {} does not exist", command.directory.native()));
  }
  if (reason == ENOENT && !command.argv[0].contains('/')) {
    return Error(fmt::format("cannot start {}", command.argv[0]), "no such program on the PATH");
  }
  return system_error(fmt::format("cannot start {}", command.argv[0]), reason);
}

}  // namespace

Spawned spawn(const Command& command, const StandardDescriptors& standard) {
  if (command.argv.empty()) throw Error("cannot start a program", "no program is named");
  FileActions actions;
  actions.put(standard.in, STDIN_FILENO);
  actions.put(standard.out, STDOUT_FILENO);
  actions.put(standard.err, STDERR_FILENO);
  actions.close_others();
  if (!command.directory.empty()) actions.enter(command.directory);
  const Attributes attributes;
  auto arguments = command.argv;
  auto environment = environment_for(command);

  Spawned spawned;
  const int failed = ::posix_spawnp(&spawned.pid, arguments[0].c_str(), actions.get(), attributes.get(),
                                    pointers_to(arguments).data(), pointers_to(environment).data());
  if (failed != 0) throw not_started(command, failed);
  // No race: the pid is ours until it is reaped, and only we reap it.
  spawned.pidfd = Fd(::pidfd_open(spawned.pid, 0));
  if (spawned.pidfd) return spawned;
  const int reason = errno;
  ::kill(-spawned.pid, SIGKILL);
  ::waitpid(spawned.pid, nullptr, 0);
  throw system_error(fmt::format("cannot watch {}", command.argv[0]), reason,
                     "belay needs Linux 5.4 or later");
}

Outcome reap(const Fd& pidfd) {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED) != 0) {
    if (errno != EINTR) throw system_error("cannot learn how a process ended", errno);
  }
  const auto end = info.si_code == CLD_EXITED ? Outcome::End::exited : Outcome::End::signalled;
  return {.end = end, .code = info.si_status};
}

}  // namespace belay
