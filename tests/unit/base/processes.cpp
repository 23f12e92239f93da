#include "processes.hpp"

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <thread>

#include <fmt/core.h>
#include <sys/wait.h>

#include "base/files.hpp"

namespace belay {

Command shell(const std::string& script) {
  return {.argv = {"sh", "-c", script}};
}

Deadline in_good_time() {
  return Deadline::in(std::chrono::seconds(60));
}

bool runs(pid_t pid) {
  const auto stat = read_file_if_exists(fmt::format("/proc/{}/stat", pid));
  if (!stat) return false;
  const char state = stat->at(stat->rfind(')') + 2);
  return state != 'Z' && state != 'X';
}

bool ends(pid_t pid) {
  for (const Deadline guard = in_good_time(); runs(pid);) {
    if (guard.expired()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

bool has_no_child() {
  return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
}

int open_descriptors() {
  using Entries = std::filesystem::directory_iterator;
  return static_cast<int>(std::distance(Entries("/proc/self/fd"), Entries()));
}

pid_t pid_in(std::string_view line) {
  pid_t pid = -1;
  std::from_chars(line.data(), line.data() + line.size(), pid);
  return pid;
}

}  // namespace belay
