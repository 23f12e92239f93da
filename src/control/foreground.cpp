#include "control/foreground.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <thread>
#include <utility>

#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/files.hpp"
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
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
};

/// `outputs`: what takes the places of stdout and stderr; -1: this process's own.
pid_t spawned(const std::vector<std::string>& argv, std::array<int, 2> outputs = {-1, -1}) {
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  SpawnSettings settings;
  for (const int place : {STDOUT_FILENO, STDERR_FILENO})
    if (const int end = outputs[static_cast<std::size_t>(place - STDOUT_FILENO)]; end >= 0)
      posix_spawn_file_actions_adddup2(&settings.actions, end, place);
  posix_spawn_file_actions_addclosefrom_np(&settings.actions, 3);
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

/// Passes on what comes, masked, until its writers have ended. When nobody reads it any more (`| head`), nor
/// does this: `from` is closed, and the program sees that as it would without us.
void pass_on(const Fd from, int to, const Masks& masks) {
  Masks::Stream stream(masks);
  std::array<char, 65536> part{};
  while (true) {
    const ssize_t got = ::read(from.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (try_write_all(to, stream.feed({part.data(), static_cast<std::size_t>(got)})) != 0) return;
  }
  static_cast<void>(try_write_all(to, stream.finish()));  // the last words; without a reader they are lost
}

int wait_for_end(pid_t pid, const std::string& name, const std::stop_token& stop) {
  const Fd ended(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const StopWake wake(stop);
  int patience = 0;  // after stop: by itself, SIGTERM, SIGKILL
  for (Deadline next = Deadline::never();;) {
    pollfd waiting[] = {{ended.get(), POLLIN, 0}, {patience == 0 ? wake.fd() : -1, POLLIN, 0}};
    if (::poll(waiting, 2, next.poll_milliseconds()) < 0 && errno != EINTR)
      throw system_error("cannot wait for " + name, errno);
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

}  // namespace

int run_in_foreground(const std::vector<std::string>& argv, std::stop_token stop) {
  return wait_for_end(spawned(argv), argv.front(), stop);
}

int run_in_foreground(const std::vector<std::string>& argv, std::stop_token stop, const Masks& masks) {
  if (masks.empty()) return run_in_foreground(argv, std::move(stop));
  Pipe out = make_pipe(), err = make_pipe();
  const pid_t pid = spawned(argv, {out.write.get(), err.write.get()});
  out.write.reset();
  err.write.reset();
  const std::jthread shows_out([&] { pass_on(std::move(out.read), STDOUT_FILENO, masks); });
  const std::jthread shows_err([&] { pass_on(std::move(err.read), STDERR_FILENO, masks); });
  return wait_for_end(pid, argv.front(), stop);
}

}  // namespace belay
