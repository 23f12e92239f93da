#pragma once

#include <filesystem>
#include <optional>

#include "cli/command_line.hpp"
#include "cli/interrupt.hpp"
#include "cli/platform.hpp"
#include "cli/terminal.hpp"

namespace belay::cli {

/// What a command is given beside its own options: where to write, how to dress it, and when to stop. main
/// makes it.
struct Context {
  Output& out;
  Output& err;
  Surface out_surface, err_surface;
  VariableLookup variable;
  std::optional<std::filesystem::path> config;  // --config
  Interrupt* interrupt;                         // absent for commands that only print
  Platform* platform = nullptr;                 // of the CI job whose log shows this; absent with --json

  std::stop_token stop() const { return interrupt ? interrupt->token() : std::stop_token(); }
};

/// Each command is one of these, in a file of its own name; returns the exit code
/// (docs/reference/exit-codes.md).
int run(const command::Overview&, Context&);
int run(const command::Help&, Context&);
int run(const command::Version&, Context&);
int run(const command::Init&, Context&);
int run(const command::Check&, Context&);
int run(const command::Plan&, Context&);
int run(const command::Deploy&, Context&);
int run(const command::Rollback&, Context&);
int run(const command::Up&, Context&);
int run(const command::Releases&, Context&);
int run(const command::Status&, Context&);
int run(const command::Logs&, Context&);
int run(const command::Exec&, Context&);
int run(const command::Backup&, Context&);
int run(const command::Secrets&, Context&);
int run(const command::Hook&, Context&);
int run(const command::Notify&, Context&);
int run(const command::Attach&, Context&);
int run(const command::Promote&, Context&);
int run(const command::Abort&, Context&);
int run(const command::Completion&, Context&);
int run(const command::CompletionEnvironments&, Context&);
int run(const command::Host&, Context&);
int run(const command::Internal&, Context&);

}  // namespace belay::cli
