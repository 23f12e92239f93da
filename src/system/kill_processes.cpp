#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
extern "C" {  // glibc 2.36 forgot to say so
#include <sys/pidfd.h>
}
#include <unistd.h>

#include "base/deadline.hpp"
#include "base/fd.hpp"
#include "base/poll.hpp"
#include "base/process.hpp"
#include "base/process_table.hpp"

namespace belay {

namespace {

constexpr std::chrono::seconds patience{2};

/// Empty when it may not be read or the process is gone: neither is ours to kill.
std::string environment_of(pid_t pid) {
  const Fd file(::open(fmt::format("/proc/{}/environ", pid).c_str(), O_RDONLY | O_CLOEXEC));
  std::string entries;
  std::array<char, read_size> chunk;
  for (ssize_t got = 0; file && (got = ::read(file.get(), chunk.data(), chunk.size())) > 0;) {
    entries.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return entries;
}

/// One of the kernel's own, and one that has ended, has none.
bool has_program(pid_t pid) {
  std::array<char, 1> any{};
  return ::readlink(fmt::format("/proc/{}/exe", pid).c_str(), any.data(), any.size()) > 0;
}

/// In the middle of an exec a process shows no environment for a moment.
std::string settled_environment_of(pid_t pid) {
  std::string environment = environment_of(pid);
  for (int looks = 0; environment.empty() && looks < 5 && has_program(pid); ++looks) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    environment = environment_of(pid);
  }
  return environment;
}

bool carries(pid_t pid, std::string_view wanted) {
  const std::string environment = settled_environment_of(pid);
  for (std::string_view rest = environment; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    if (rest.substr(0, end) == wanted) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

/// The processes that carry the entry, killed. Held by pidfd before they are looked at: a number that is
/// given to another process between the look and the kill hits nobody.
std::map<pid_t, Fd> kill_those_with(std::string_view entry) {
  std::map<pid_t, Fd> killed;
  for (const pid_t pid : all_processes()) {
    if (pid == ::getpid()) continue;
    Fd process(::pidfd_open(pid, 0));
    if (!process || !carries(pid, entry)) continue;
    if (::pidfd_send_signal(process.get(), SIGKILL, nullptr, 0) == 0) killed.emplace(pid, std::move(process));
  }
  return killed;
}

}  // namespace

int kill_processes_with(const std::string& name, const std::string& value) {
  const std::string entry = name + "=" + value;
  const Deadline deadline = Deadline::in(patience);
  int count = 0;
  // Again until there is none: one that was killed may have started another a moment before.
  for (auto killed = kill_those_with(entry); !killed.empty(); killed = kill_those_with(entry)) {
    count += static_cast<int>(killed.size());
    for (auto& [pid, process] : killed) {
      pollfd ended{process.get(), POLLIN, 0};
      if (!poll_until({&ended, 1}, deadline)) return count;
    }
  }
  return count;
}

}  // namespace belay
