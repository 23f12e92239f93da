#include "base/fault_point.hpp"

#ifdef BELAY_FAULT_POINTS

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/files.hpp"

namespace belay {

namespace {

struct Fault {
  std::string role, point, what;
};

Fault parse(const std::string& line) {
  Fault fault;
  std::string rest;
  std::istringstream words(line);
  words >> fault.role >> fault.point >> fault.what;
  const bool known =
      fault.what == "self" || fault.what == "parent" || fault.what == "self+parent" || fault.what == "hold";
  if (!known || words >> rest) throw Error(fmt::format("the fault file has the line \"{}\"", line));
  return fault;
}

/// True the first time in this process. Kept in the process, as the next one starts afresh.
bool first_time(const std::string& line) {
  static std::mutex mutex;
  static std::set<std::string> fired;
  const std::lock_guard lock(mutex);
  return fired.insert(line).second;
}

/// One write, so that lines of several processes do not mix.
void tell_that_it_strikes(const std::string& file, const std::string& line) {
  const Fd struck(::open((file + ".struck").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!struck) throw system_error("cannot open " + file + ".struck", errno);
  write_all(struck.get(), line + "\n");
}

bool has_line(const std::string& file, const std::string& wanted) {
  std::istringstream lines(read_file_if_exists(file).value_or(""));
  for (std::string line; std::getline(lines, line);)
    if (line == wanted) return true;
  return false;
}

void kill_by(const std::string& what) {
  if (what != "self") ::kill(::getppid(), SIGKILL);
  if (what == "parent") return;
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

void strike(const std::string& what, const std::string& file, const std::string& line) {
  tell_that_it_strikes(file, line);
  if (what != "hold") return kill_by(what);
  while (has_line(file, line)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace

void fault_point(std::string_view role, std::string_view point) {
  const char* file = std::getenv("BELAY_FAULT_FILE");
  if (file == nullptr) return;
  std::istringstream lines(read_file_if_exists(file).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const Fault fault = parse(line);
    const bool here = fault.role == role && (fault.point == point || fault.point == "*");
    if (here && first_time(line)) strike(fault.what, file, line);
  }
}

}  // namespace belay

#endif
