#include <csignal>
#include <string>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.hpp"
#include "base/line_reader.hpp"
#include "base/process.hpp"
#include "processes.hpp"

using namespace belay;

namespace {

const std::string name = "BELAY_TEST_MARK";

Command marked(const std::string& script, const std::string& value) {
  Command command = shell(script);
  command.set = {{name, value}};
  return command;
}

/// A line of the child: it has begun, with its environment.
std::string first_line(Child& child) {
  std::string line;
  LineReader(child.out().get()).next(line, {}, in_good_time());
  return line;
}

}  // namespace

TEST_CASE("processes that carry the mark are killed with what they started, others are not") {
  const std::string mark = random_nonce();
  Child group(marked("sleep 300 & echo $!; wait", mark));
  Child deaf(marked("trap '' TERM INT HUP; echo $$; while :; do sleep 1; done", mark));
  Child longer_value(marked("echo; exec sleep 300", mark + "0"));
  Child shorter_value(marked("echo; exec sleep 300", mark.substr(1)));
  Command other_name = shell("echo; exec sleep 300");
  other_name.set = {{"X" + name, mark}};
  Child other(other_name);
  const pid_t grandchild = pid_in(first_line(group));
  for (Child* child : {&deaf, &longer_value, &shorter_value, &other}) first_line(*child);

  CHECK(kill_processes_with(name, mark) >= 3);  // the deaf one may have a sleep of its own
  CHECK_FALSE(runs(group.pid()));
  CHECK_FALSE(runs(grandchild));
  CHECK_FALSE(runs(deaf.pid()));
  CHECK(runs(longer_value.pid()));
  CHECK(runs(shorter_value.pid()));
  CHECK(runs(other.pid()));
}

TEST_CASE("processes that left the group and the session are found as well") {
  const std::string mark = random_nonce();
  Child child(marked("setsid sh -c 'echo $$; exec sleep 300' & wait", mark));
  const pid_t away = pid_in(first_line(child));
  child.kill_and_reap();
  CHECK(runs(away));
  CHECK(kill_processes_with(name, mark) == 1);
  CHECK_FALSE(runs(away));
}

TEST_CASE("a process that is in the middle of an exec, where it shows no environment, is found as well") {
  for (int times = 0; times < 200; ++times) {
    const std::string mark = random_nonce();
    Child child(marked("echo; exec sh -c 'exec sh -c \"exec sleep 300\"'", mark));
    first_line(child);
    CHECK(kill_processes_with(name, mark) == 1);
  }
}

TEST_CASE("those that are started while others are killed are ended too") {
  const std::string mark = random_nonce();
  const std::string starting = "(i=0; while [ $i -lt 40 ]; do sleep 300 & i=$((i+1)); done; wait) & ";
  Child child(marked(starting + starting + starting + starting + "echo; wait", mark));
  first_line(child);
  CHECK(kill_processes_with(name, mark) >= 1);
  CHECK(kill_processes_with(name, mark) == 0);
}

TEST_CASE("where nobody carries the mark there is nothing to kill") {
  CHECK(kill_processes_with(name, random_nonce()) == 0);
}

TEST_CASE("the process that asks is spared though it carries the mark") {
  const std::string mark = random_nonce();
  // /proc shows the environment a program was started with: only one started with the mark can show it.
  const pid_t asking = ::fork();
  if (asking == 0) {
    if (::getenv("BELAY_TEST_ASKS") == nullptr) {
      ::setenv("BELAY_TEST_ASKS", "yes", 1);
      ::setenv(name.c_str(), mark.c_str(), 1);
      ::execl("/proc/self/exe", "test_base", "--test-case=helper: kill by mark", "--no-skip", nullptr);
    }
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(asking, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("helper: kill by mark" * doctest::skip()) {
  const char* mark = ::getenv(name.c_str());
  REQUIRE(mark != nullptr);
  CHECK(kill_processes_with(name, mark) == 0);
}
