#include <doctest/doctest.h>

#include "base/process.hpp"
#include "processes.hpp"

using namespace belay;

TEST_CASE("a command is shown as one would type it") {
  const Command command{.argv = {"docker", "compose", "-f", "my file.yml", "", "it's", "a$b", "k=v"},
                        .set = {{"PASSWORD", "hunter2"}}};
  CHECK(command.shown() == R"(docker compose -f 'my file.yml' '' 'it'\''s' 'a$b' k=v)");
  CHECK(Command{}.shown().empty());
}

TEST_CASE("what is shown means the same to a shell") {
  const Command command{
      .argv = {"printf", "%s|", "a b", "*", "~", "$HOME", "'", "\"", "\\", "`id`", "#x", "-n", "é\n!"}};
  const auto direct = capture(command, {}, in_good_time());
  const auto typed = capture(shell(command.shown()), {}, in_good_time());
  CHECK(direct.ok());
  CHECK(direct.out == "a b|*|~|$HOME|'|\"|\\|`id`|#x|-n|é\n!|");
  CHECK(typed.out == direct.out);
}

TEST_CASE("an outcome is described in words") {
  using End = Outcome::End;
  CHECK(Outcome{.end = End::exited, .code = 1}.described() == "exit code 1");
  CHECK(Outcome{.end = End::signalled, .code = 9}.described() == "killed by SIGKILL");
  CHECK(Outcome{.end = End::signalled, .code = 1000}.described() == "killed by signal 1000");
  CHECK(Outcome{.end = End::deadline, .ran = std::chrono::seconds(30)}.described() == "no end after 30 s");
  CHECK(Outcome{.end = End::cancelled}.described() == "cancelled");
}
