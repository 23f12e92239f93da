#include "control/foreground.hpp"

#include <cerrno>
#include <csignal>

#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/stop_wake.hpp"

namespace belay {

namespace {

/// posix_spawn's two structures, freed with this.
struct SpawnSettings {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;

  SpawnSettings() {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    // This program blocks and ignores signals that a shell's child expects as they are by default.
    sigset_t none, ours;
    sigemptyset(&none);
    sigemptyset(&ours);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGWINCH, SIGCHLD})
      sigaddset(&ours, signal);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ours);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
};

pid_t spawned(const std::vector<std::string>& argv) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const SpawnSettings settings;
  pid_t pid = -1;
  const int problem =
      ::posix_spawnp(&pid, words[0], &settings.actions, &settings.attributes, words.data(), environ);
  if (problem != 0) throw system_error("cannot start " + argv.front(), problem);
  return pid;
}

int reaped(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

int run_in_foreground(const std::vector<std::string>& argv, std::stop_token stop) {
  const pid_t pid = spawned(argv);
  const Fd ended(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const StopWake wake(stop);
  int patience = 0;  // after stop: by itself, SIGTERM, SIGKILL
  for (Deadline next = Deadline::never();;) {
    pollfd waiting[] = {{ended.get(), POLLIN, 0}, {patience == 0 ? wake.fd() : -1, POLLIN, 0}};
    if (::poll(waiting, 2, next.poll_milliseconds()) < 0 && errno != EINTR)
      throw system_error("cannot wait for " + argv.front(), errno);
    if (waiting[0].revents != 0) return reaped(pid);
    if (patience == 0 && waiting[1].revents == 0) continue;
    if (patience == 0 || next.expired()) {
      if (patience == 1) ::kill(pid, SIGTERM);
      if (patience >= 2) ::kill(pid, SIGKILL);
      ++patience;
      next = Deadline::in(std::chrono::seconds(2));
    }
  }
}

}  // namespace belay
