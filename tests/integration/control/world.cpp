#include "world.hpp"

#include <sstream>
#include <thread>

#include <doctest/doctest.h>

namespace belay::testing {

using namespace std::chrono_literals;

World::World() {
  environment.name = "production";
  environment.host = sshd.address();
  environment.path = live();
  environment.source = "app";
  environment.compose = {"compose.yml"};
  environment.services = {"backend"};
}

std::vector<std::pair<pid_t, pid_t>> World::sessions() const {
  std::istringstream lines(read_file_if_exists(live() / "stand-in/sessions").value_or(""));
  std::vector<std::pair<pid_t, pid_t>> found;
  for (pid_t own = 0, parent = 0; lines >> own >> parent;) found.emplace_back(own, parent);
  return found;
}

Error error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error was thrown");
  return Error("");
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool comes_true(const std::function<bool()>& condition) {
  for (const Deadline deadline = Deadline::in(20s); !deadline.expired(); std::this_thread::sleep_for(10ms))
    if (condition()) return true;
  return false;
}

bool lives(pid_t pid) {
  const auto status = read_file_if_exists("/proc/" + std::to_string(pid) + "/stat");
  return status && status->find(") Z") == std::string::npos;
}

}  // namespace belay::testing
