#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace belay::cli {

/// What was typed, as values: one struct per command. Whether an environment exists is not known here; a
/// missing one is an empty string, and choosing answers with the list (environment_choice.hpp).
namespace command {

struct Overview {};  // `belay` alone
struct Help {
  std::string about;
};
struct Version {
  bool verify = false, json = false;
};
struct Init {
  bool print = false, ci = false, from_server = false;
  std::string host;  // the login for what is read on the server; empty: as the workflow says
};
struct Check {
  std::string environment;
  bool json = false, no_ci = false;
};
struct Plan {
  std::string environment, ref = "HEAD";
  bool dirty = false, json = false;
};
struct Deploy {
  std::string environment, ref = "HEAD";
  bool dirty = false, skip_test = false, wait = false, json = false, no_ci = false;
  bool on_push = false;
  std::string before, after;  // with on_push: ids of commits
  std::string reason;
};
struct Rollback {
  std::string environment, release;
  bool current_env = false, wait = false, json = false, no_ci = false;
};
struct Up {
  std::string environment, service;
  bool json = false;
};
struct Releases {
  std::string environment;
  bool json = false;
};
struct Status {
  std::string environment;
  bool json = false;
};
struct Logs {
  std::string environment, service;
  std::string release;  // empty: what is there now
  bool follow = false;
  std::optional<int> tail;
};
struct Exec {
  std::string environment, service;
  std::vector<std::string> argv;  // what stands after `--`
};
struct Backup {
  std::string environment, action;
  bool json = false;
};
struct Secrets {
  std::string action, name;
  std::string environment;  // --env
  bool reveal = false, json = false;
};
/// `belay hook ACTION`; git's hooks call it with their own names.
struct Hook {
  std::string action, repository;
  std::vector<std::string> environments;  // empty: all of belay.yml
};
struct Notify {
  std::string action, environment;
  bool json = false;
};
struct Promote {
  std::string environment, reason;
};
struct Abort {
  std::string environment;
};
struct Attach {
  std::string environment;
  bool json = false, no_ci = false;
};
struct Completion {
  std::string shell;
};
/// Hidden: the environments of the belay.yml that is found, one a line; completions call it.
struct CompletionEnvironments {};
/// `belay host …` and `belay internal …`: their arguments are their own and go through untouched.
struct Host {
  std::vector<std::string> arguments;
};
struct Internal {
  std::vector<std::string> arguments;
};

}  // namespace command

using Command =
    std::variant<command::Overview, command::Help, command::Version, command::Init, command::Check,
                 command::Plan, command::Deploy, command::Rollback, command::Up, command::Releases,
                 command::Status, command::Logs, command::Exec, command::Backup, command::Attach,
                 command::Secrets, command::Hook, command::Notify, command::Promote, command::Abort,
                 command::Completion, command::CompletionEnvironments, command::Host, command::Internal>;

struct CommandLine {
  Command command;
  std::optional<std::filesystem::path> config;  // --config
  bool no_color = false;

  /// Whether the command was asked for --json.
  bool json() const;
  /// Whether it was asked for --no-ci.
  bool no_ci() const;
};

/// `arguments` without the program's name. Throws Error{bad_input} naming what is not understood and the
/// nearest thing that would be.
CommandLine parse_command_line(const std::vector<std::string>& arguments);

/// The parser's own table, for completions and for the test that holds the help pages against it.
struct OptionShape {
  std::vector<std::string> names;  // "-f", "--follow"
  std::string value;               // "REF"; empty: a flag
  std::string about;
};
struct CommandShape {
  std::string name, about;
  std::vector<OptionShape> options;
  std::vector<std::string> positionals;  // "ENV", "RELEASE"
};
/// The commands for people, in the order of the overview.
std::vector<CommandShape> command_shapes();

}  // namespace belay::cli
