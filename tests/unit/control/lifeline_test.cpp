#include "control/lifeline.hpp"

#include <csignal>
#include <thread>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../drivers/scratch.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

namespace {

template <class Condition>
bool comes_true(const Condition& condition) {
  for (const Deadline deadline = Deadline::in(20s); !deadline.expired(); std::this_thread::sleep_for(5ms))
    if (condition()) return true;
  return false;
}

bool lives(pid_t pid) {
  // A dead one may wait for whoever inherits it.
  const auto status = read_file_if_exists("/proc/" + std::to_string(pid) + "/stat");
  return status && status->find(") Z") == std::string::npos;
}

pid_t pid_in(const fs::path& file) {
  std::string text;
  comes_true([&] { return (text = read_file_if_exists(file).value_or("")).ends_with('\n'); });
  return text.empty() ? 0 : std::stoi(text);
}

}  // namespace

TEST_CASE("a lifeline's directory is private and goes with it") {
  fs::path directory;
  {
    const Lifeline life("belay-test-");
    directory = life.directory();
    CHECK((fs::status(directory).permissions() & fs::perms::all) == fs::perms::owner_all);
  }
  CHECK(!fs::exists(directory));
}

TEST_CASE("a tied command is an ordinary one: its output, its exit code") {
  const Lifeline life("belay-test-");
  const Captured good = capture(life.tied("echo here; echo there >&2"), {}, Deadline::in(20s));
  CHECK(good.ok());
  CHECK(good.out == "here\n");
  CHECK(good.err == "there\n");
  CHECK(capture(life.tied("exit 7"), {}, Deadline::in(20s)).outcome.code == 7);
}

TEST_CASE("what a tied command left behind ends with the lifeline") {
  const Scratch scratch;
  pid_t left = 0;
  {
    const Lifeline life("belay-test-");
    Command command = life.tied("sleep 1000 </dev/null >/dev/null 2>&1 & echo $! > left");
    command.directory = scratch.path();
    CHECK(capture(command, {}, Deadline::in(20s)).ok());
    left = pid_in(scratch / "left");
    REQUIRE(left > 1);
    CHECK(lives(left));
  }
  CHECK(comes_true([&] { return !lives(left); }));
}

TEST_CASE("kill -9 of the owner ends tied commands and removes the directory") {
  const Scratch scratch;
  const pid_t owner = ::fork();
  if (owner == 0) {
    const Lifeline life("belay-test-");
    write_file_atomically(scratch / "directory", life.directory().string() + "\n");
    Command command = life.tied("trap '' TERM; echo $$ > command; sleep 1000");
    command.directory = scratch.path();
    capture(command, {}, Deadline::never());
    ::_exit(0);
  }
  const pid_t command = pid_in(scratch / "command");
  std::string directory = read_file(scratch / "directory");
  directory.pop_back();
  REQUIRE(command > 1);
  CHECK(fs::exists(directory));
  ::kill(owner, SIGKILL);
  ::waitpid(owner, nullptr, 0);
  CHECK(comes_true([&] { return !lives(command); }));
  CHECK(comes_true([&] { return !fs::exists(directory); }));
}
