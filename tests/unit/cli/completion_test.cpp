#include "cli/completion.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/process.hpp"

using namespace belay;
using namespace belay::cli;
using namespace std::chrono_literals;

namespace {

/// What a real bash offers for these words, the last being completed. `belay` itself answers as it would in a
/// project.
std::string offered(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += fmt::format(" '{}'", word);
  const std::string script =
      completion_script("bash", command_shapes()) + "belay() { echo production; echo staging; }\n" +
      fmt::format("COMP_WORDS=(belay{}); COMP_CWORD={}; _belay; echo \"${{COMPREPLY[*]}}\"\n", list,
                  words.size());
  const Captured bash = capture({.argv = {"bash", "--norc", "-c", script}}, {}, Deadline::in(30s));
  CHECK(bash.err == "");
  return bash.out.substr(0, bash.out.find_last_not_of('\n') + 1);
}

}  // namespace

TEST_CASE("bash completes commands") {
  CHECK(offered({"dep"}) == "deploy");
  CHECK(offered({""}).find("rollback") != std::string::npos);
  CHECK(offered({"xyz"}).empty());
}

TEST_CASE("bash completes the environments of belay.yml") {
  CHECK(offered({"deploy", ""}) == "production staging");
  CHECK(offered({"deploy", "--ref", "main", "pro"}) == "production");
  CHECK(offered({"--config", "x.yml", "status", "st"}) == "staging");
  CHECK(offered({"deploy", "production", ""}).empty());
}

TEST_CASE("bash completes options and fixed words") {
  CHECK(offered({"deploy", "production", "--sk"}) == "--skip-test");
  CHECK(offered({"logs", "production", "--fo"}) == "--follow");
  CHECK(offered({"backup", "production", ""}) == "list");
  CHECK(offered({"completion", "z"}) == "zsh");
  CHECK(offered({"help", "roll"}) == "rollback");
  CHECK(offered({"hook", "in"}) == "install");
  CHECK(offered({"hook", "install", "pro"}) == "production");
  CHECK(offered({"notify", ""}) == "test");
  CHECK(offered({"notify", "test", "st"}) == "staging");
}

TEST_CASE("bash completes what belay does with secrets, and for which environment") {
  CHECK(offered({"secrets", ""}) == "set list show rm edit rekey");
  CHECK(offered({"secrets", "set", "TOKEN", "--env", "pro"}) == "production");
  CHECK(offered({"secrets", "set", "--env", "production", "TOKEN", "--re"}) == "--reveal");
  CHECK(offered({"secrets", "set", ""}).empty());
}

TEST_CASE("bash leaves what follows -- alone") {
  CHECK(offered({"exec", "production", "--", "np"}).empty());
}

TEST_CASE("fish and zsh get every command and option of the same table") {
  for (const char* shell : {"zsh", "fish"}) {
    const std::string script = completion_script(shell, command_shapes());
    for (const CommandShape& command : command_shapes())
      CHECK(script.find(command.name) != std::string::npos);
    CHECK(script.find("skip-test") != std::string::npos);
    CHECK(script.find("completion-environments") != std::string::npos);
  }
}

TEST_CASE("there are no completions for an unknown shell") {
  CHECK(completion_script("tcsh", command_shapes()).empty());
}
