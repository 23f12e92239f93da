#include "cli/command_line.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"

using namespace belay;
using namespace belay::cli;

namespace {

template <class C>
C parsed(const std::vector<std::string>& arguments) {
  const CommandLine line = parse_command_line(arguments);
  REQUIRE(std::holds_alternative<C>(line.command));
  return std::get<C>(line.command);
}

struct Refusal {
  std::string message, next;
};
Refusal refused(const std::vector<std::string>& arguments) {
  try {
    parse_command_line(arguments);
  } catch (const Error& error) {
    CHECK(error.exit_code() == ExitCode::bad_input);
    return {error.message(), error.next()};
  }
  FAIL("accepted");
  return {};
}

}  // namespace

TEST_CASE("nothing typed is the overview") {
  parsed<command::Overview>({});
}

TEST_CASE("deploy takes all of its options, in any order") {
  const auto plain = parsed<command::Deploy>({"deploy", "production"});
  CHECK(plain.environment == "production");
  CHECK(plain.ref == "HEAD");
  CHECK_FALSE(plain.dirty);
  CHECK_FALSE(plain.skip_test);
  CHECK_FALSE(plain.wait);

  const auto all = parsed<command::Deploy>(
      {"deploy", "--wait", "--ref=v1.2", "production", "--dirty", "--skip-test", "--json"});
  CHECK(all.environment == "production");
  CHECK(all.ref == "v1.2");
  CHECK(all.dirty);
  CHECK(all.skip_test);
  CHECK(all.wait);
  CHECK(all.json);
}

TEST_CASE("init reads on a server only when that was typed") {
  const auto plain = parsed<command::Init>({"init"});
  CHECK_FALSE(plain.from_server);
  CHECK(plain.host.empty());
  const auto all =
      parsed<command::Init>({"init", "--from-server", "--host", "me@box:2222", "--print", "--ci"});
  CHECK(all.from_server);
  CHECK(all.host == "me@box:2222");
  CHECK(all.print);
  CHECK(all.ci);
}

TEST_CASE("deploy takes a push") {
  const auto push = parsed<command::Deploy>(
      {"deploy", "--on-push", "--ref", "refs/heads/main", "--before", "a", "--after", "b"});
  CHECK(push.on_push);
  CHECK(push.environment.empty());
  CHECK(push.ref == "refs/heads/main");
  CHECK(push.before == "a");
  CHECK(push.after == "b");
}

TEST_CASE("a missing environment is left to the command, which knows the list") {
  CHECK(parsed<command::Deploy>({"deploy"}).environment.empty());
}

TEST_CASE("options for every command stand before or after it") {
  for (const auto& arguments :
       {std::vector<std::string>{"--config", "other.yml", "--no-color", "status", "staging"},
        std::vector<std::string>{"status", "--no-color", "staging", "--config=other.yml"}}) {
    const CommandLine line = parse_command_line(arguments);
    CHECK(line.config == "other.yml");
    CHECK(line.no_color);
    CHECK(std::get<command::Status>(line.command).environment == "staging");
  }
}

TEST_CASE("an environment or a service may be named like a command") {
  CHECK(parsed<command::Deploy>({"deploy", "status"}).environment == "status");
  const auto logs = parsed<command::Logs>({"logs", "deploy", "backup"});
  CHECK(logs.environment == "deploy");
  CHECK(logs.service == "backup");
}

TEST_CASE("logs takes -f and --tail") {
  const auto logs = parsed<command::Logs>({"logs", "production", "-f", "--tail", "100"});
  CHECK(logs.follow);
  CHECK(logs.tail == 100);
  CHECK(logs.release.empty());
  CHECK(parsed<command::Logs>({"logs", "production", "--release", "20260112-103300-4f2a9c1"}).release ==
        "20260112-103300-4f2a9c1");
  CHECK(refused({"logs", "production", "-f", "--release", "x"}).message.find("--follow") !=
        std::string::npos);
  CHECK_FALSE(parsed<command::Logs>({"logs", "production"}).tail.has_value());
  CHECK(refused({"logs", "production", "--tail", "many"}).message.find("--tail") != std::string::npos);
  CHECK(refused({"logs", "production", "--tail=-1"}).message.find("--tail") != std::string::npos);
}

TEST_CASE("what stands after -- is the command of exec, untouched") {
  const auto exec = parsed<command::Exec>(
      {"exec", "production", "--service", "worker", "--", "sh", "-c", "--help", "--", "x"});
  CHECK(exec.environment == "production");
  CHECK(exec.service == "worker");
  CHECK(exec.argv == std::vector<std::string>{"sh", "-c", "--help", "--", "x"});
  CHECK(refused({"deploy", "production", "--", "x"}).message == "belay deploy takes nothing after --");
}

TEST_CASE("rollback, backup, plan and completion take their words") {
  CHECK(parsed<command::Rollback>({"rollback", "production"}).release.empty());
  CHECK(parsed<command::Rollback>({"rollback", "production", "20260112-103300-4f2a9c1"}).release ==
        "20260112-103300-4f2a9c1");
  CHECK_FALSE(parsed<command::Rollback>({"rollback", "production"}).current_env);
  CHECK(parsed<command::Rollback>({"rollback", "production", "--current-env"}).current_env);
  CHECK(parsed<command::Backup>({"backup", "production", "list"}).action == "list");
  CHECK(parsed<command::Up>({"up", "production", "db"}).service == "db");
  CHECK(parsed<command::Up>({"up", "production", "--json"}).service.empty());
  CHECK(parsed<command::Plan>({"plan", "production", "--ref", "main"}).ref == "main");
  CHECK(parsed<command::Completion>({"completion", "fish"}).shell == "fish");
  parsed<command::CompletionEnvironments>({"completion-environments"});
}

TEST_CASE("help is asked for in every usual way") {
  CHECK(parsed<command::Help>({"help", "deploy"}).about == "deploy");
  CHECK(parsed<command::Help>({"deploy", "--help"}).about == "deploy");
  CHECK(parsed<command::Help>({"deploy", "production", "-h"}).about == "deploy");
  CHECK(parsed<command::Help>({"--config", "x.yml", "deploy", "--help"}).about == "deploy");
  CHECK(parsed<command::Help>({"deploy", "--nonsense", "--help"}).about == "deploy");
  CHECK(parsed<command::Help>({"--help"}).about.empty());
  CHECK(parsed<command::Help>({"host"}).about == "host");
  CHECK(parsed<command::Help>({"host", "install", "--help"}).about == "host");
  parsed<command::Version>({"--version"});
  CHECK_FALSE(parsed<command::Version>({"version"}).verify);
  CHECK(parsed<command::Version>({"version", "--verify"}).verify);
}

TEST_CASE("a mistyped command is answered with the nearest") {
  const Refusal refusal = refused({"deploi", "production"});
  CHECK(refusal.message == "there is no command 'deploi'");
  CHECK(refusal.next.find("Did you mean belay deploy?") != std::string::npos);
  CHECK(refused({"xyzzy"}).next == "belay help lists the commands.");
}

TEST_CASE("a mistyped option is answered with the nearest") {
  const Refusal refusal = refused({"deploy", "production", "--skip-tests"});
  CHECK(refusal.message == "unknown option --skip-tests");
  CHECK(refusal.next.find("Did you mean --skip-test?") != std::string::npos);
  CHECK(refused({"deploy", "production", "--drity=1"}).next.find("--dirty") != std::string::npos);
  CHECK(refused({"status", "production", "--jsno"}).next.find("--json") != std::string::npos);
  CHECK(refused({"deploy", "--reff"}).next.find("--ref") != std::string::npos);
}

TEST_CASE("a word too many is refused, not ignored") {
  CHECK(refused({"deploy", "production", "now"}).message == "belay deploy: unexpected argument 'now'");
  CHECK(refused({"version", "please"}).message == "belay version: unexpected argument 'please'");
}

TEST_CASE("an option without its value is refused") {
  CHECK(refused({"deploy", "production", "--ref"}).message.find("--ref") != std::string::npos);
}

TEST_CASE("what belay's processes say to each other goes through untouched") {
  CHECK(parsed<command::Host>({"host", "session", "--path", "/srv/crm", "--odd"}).arguments ==
        std::vector<std::string>{"session", "--path", "/srv/crm", "--odd"});
  CHECK(parsed<command::Internal>({"internal", "known-host", "-", "--help"}).arguments ==
        std::vector<std::string>{"known-host", "-", "--help"});
}

TEST_CASE("--json is known for every command that has it") {
  CHECK(parse_command_line({"deploy", "production", "--json"}).json());
  CHECK(parse_command_line({"check", "--json"}).json());
  CHECK_FALSE(parse_command_line({"deploy", "production"}).json());
  CHECK_FALSE(parse_command_line({"logs", "production"}).json());
}

TEST_CASE("the table lists the commands for people and leaves out the hidden ones") {
  bool deploy = false;
  for (const CommandShape& shape : command_shapes()) {
    CHECK(shape.name != "completion-environments");
    CHECK_FALSE(shape.about.empty());
    deploy = deploy || shape.name == "deploy";
  }
  CHECK(deploy);
}
