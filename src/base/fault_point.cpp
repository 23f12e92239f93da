#include "base/fault_point.hpp"

#ifdef BELAY_FAULT_POINTS

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <set>
#include <sstream>
#include <string>

#include <fmt/core.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"

namespace belay {

namespace {

struct Fault {
  std::string role, point, who;
};

Fault parse(const std::string& line) {
  Fault fault;
  std::string rest;
  std::istringstream words(line);
  words >> fault.role >> fault.point >> fault.who;
  const bool known = fault.who == "self" || fault.who == "parent" || fault.who == "self+parent";
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

void strike(const Fault& fault) {
  if (fault.who != "self") ::kill(::getppid(), SIGKILL);
  if (fault.who == "parent") return;
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
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
    if (here && first_time(line)) strike(fault);
  }
}

}  // namespace belay

#endif
