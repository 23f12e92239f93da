#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <fmt/core.h>
#include <unistd.h>

#include "cli/command_line.hpp"
#include "cli/context.hpp"
#include "cli/environment_choice.hpp"
#include "cli/error_text.hpp"
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

int show(const Error& error, bool json, Output& out, Output& err, const Style& style) {
  const auto* config = dynamic_cast<const BadConfig*>(&error);
  if (json) {
    auto event = error_json(error);
    if (config) event["problems"] = problems_json(config->problems());
    out.json(event);
  }
  err.write(config ? problems_text(config->problems(), style) : error_text(error, style));
  return static_cast<int>(error.exit_code());
}

// What was written is part of what was asked for: a full disk under `belay releases > file` is a failure. A
// reader that had enough is not.
int with_output(int code, const Output& out, Output& err) {
  if (out.failure() == 0 || out.failure() == EPIPE) return code;
  err.line(fmt::format("error: cannot write the output: {}", std::strerror(out.failure())));
  return code == 0 ? 1 : code;
}

int run_program(const std::vector<std::string>& arguments) {
  Output out(STDOUT_FILENO), err(STDERR_FILENO);
  const bool no_color = std::ranges::find(arguments, "--no-color") != arguments.end();
  const Surface err_surface = surface_of(STDERR_FILENO, variable, no_color);
  bool json = false;
  try {
    const CommandLine line = parse_command_line(arguments);
    json = line.json();
    std::optional<Interrupt> interrupt;
    if (can_be_stopped(line.command)) interrupt.emplace();
    Context context{out,
                    err,
                    surface_of(STDOUT_FILENO, variable, line.no_color),
                    err_surface,
                    variable,
                    line.config,
                    interrupt ? &*interrupt : nullptr};
    const int code = std::visit([&](const auto& command) { return run(command, context); }, line.command);
    return with_output(code, out, err);
  } catch (const Error& error) {
    return show(error, json, out, err, err_surface.style);
  } catch (const std::exception& error) {
    const Error wrong("belay itself went wrong", error.what(),
                      "This is a bug; please report it with what you typed.");
    return show(wrong, json, out, err, err_surface.style);
  }
}

}  // namespace

int main(int argc, char** argv) {
  belay::pin_name_lookup_to_files_and_dns();
  std::signal(SIGPIPE, SIG_IGN);
  // Before any child is started: none of them is given a key.
  key_from_environment();
  ssh_key_from_environment();
  return run_program({argv + 1, argv + argc});
}
