#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include <fmt/core.h>
#include <unistd.h>

#include "cli/command_line.hpp"
#include "cli/context.hpp"
#include "cli/hook.hpp"
#include "cli/platform.hpp"
#include "cli/show_error.hpp"
#include "control/agent.hpp"
#include "control/secret_key.hpp"
#include "drivers/name_lookup.hpp"

/// Wires the program together: what was typed becomes a command, the command gets its outputs and its stop
/// token, and every Error that comes back is shown here, and only here.

namespace {

using namespace belay;
using namespace belay::cli;

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

// Commands that talk to hosts can be stopped. The host's own processes have rules of their own about signals,
// and the rest only prints.
bool can_be_stopped(const cli::Command& command) {
  return std::visit(
      []<class C>(const C&) {
        return !(std::is_same_v<C, command::Overview> || std::is_same_v<C, command::Help> ||
                 std::is_same_v<C, command::Version> || std::is_same_v<C, command::Init> ||
                 std::is_same_v<C, command::Completion> ||
                 std::is_same_v<C, command::CompletionEnvironments> || std::is_same_v<C, command::Host> ||
                 std::is_same_v<C, command::Internal>);
      },
      command);
}

// Whether a failure of it is a deployment that did not take place.
bool deploys(const cli::Command& command) {
  return std::holds_alternative<command::Deploy>(command) ||
         std::holds_alternative<command::Rollback>(command);
}

// Where a CI platform ends a cancelled job, no person is there whose Ctrl-C would mean an undo.
bool is_unattended() {
  return on_a_platform(variable) && (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1);
}

std::unique_ptr<Platform> platform_for(const CommandLine& line) {
  if (line.json() || line.no_ci() || !can_be_stopped(line.command)) return nullptr;
  auto platform = platform_of(variable);
  if (platform) platform->deploys = deploys(line.command);
  return platform;
}

// What was written is part of what was asked for: a full disk under `belay releases > file` is a failure. A
// reader that had enough is not.
int with_output(int code, const Output& out, Output& err) {
  if (out.failure() == 0 || out.failure() == EPIPE) return code;
  err.line(fmt::format("error: cannot write the output: {}", std::strerror(out.failure())));
  return code == 0 ? 1 : code;
}

// A result that later jobs cannot read is a failure, unless there is one already.
int with_results(int code, Platform* platform, Output& err) {
  const std::string trouble = platform ? platform->finish() : "";
  if (trouble.empty()) return code;
  err.line("error: the result for later jobs is not written: " + trouble);
  return code == 0 ? 1 : code;
}

int run_program(const std::vector<std::string>& arguments) {
  Output out(STDOUT_FILENO), err(STDERR_FILENO);
  const bool no_color = std::ranges::find(arguments, "--no-color") != arguments.end();
  const Surface err_surface = surface_of(STDERR_FILENO, variable, no_color);
  bool json = false;
  std::unique_ptr<Platform> platform;
  const auto ended = [&](int code) { return with_output(with_results(code, platform.get(), err), out, err); };
  const auto show = [&](const Error& error) {
    return ended(static_cast<int>(show_error(error, {json, out, err, err_surface.style, platform.get()})));
  };
  try {
    const CommandLine line = parse_command_line(arguments);
    json = line.json();
    platform = platform_for(line);
    std::optional<Interrupt> interrupt;
    if (can_be_stopped(line.command)) interrupt.emplace().set_unattended(is_unattended());
    Context context{out,
                    err,
                    surface_of(STDOUT_FILENO, variable, line.no_color),
                    err_surface,
                    variable,
                    line.config,
                    interrupt ? &*interrupt : nullptr,
                    platform.get()};
    return ended(std::visit([&](const auto& command) { return run(command, context); }, line.command));
  } catch (const Error& error) {
    return show(error);
  } catch (const std::exception& error) {
    const Error wrong("belay itself went wrong", error.what(),
                      "This is a bug; please report it with what you typed.");
    return show(wrong);
  }
}

}  // namespace

int main(int argc, char** argv) {
  belay::pin_name_lookup_to_files_and_dns();
  std::signal(SIGPIPE, SIG_IGN);
  // Before any child is started: none of them is given a key, or the repository of a hook that runs belay.
  forget_the_repository_of_a_hook();
  key_from_environment();
  ssh_key_from_environment();
  return run_program({argv + 1, argv + argc});
}
