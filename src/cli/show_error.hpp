#pragma once

#include "base/error.hpp"
#include "cli/platform.hpp"
#include "cli/terminal.hpp"

namespace belay::cli {

/// Where an Error is shown.
struct ErrorPlace {
  bool json;
  Output& out;
  Output& err;
  const Style& style;            // of err
  Platform* platform = nullptr;  // of the job that belay runs in, if any
  std::string environment = {};  // that the command was about, where it is known
};

/// Tells the user of an Error: text on stderr, with --json an event on stdout, on a CI platform annotations
/// and the job's result. Returns the exit code.
ExitCode show_error(const Error&, const ErrorPlace&);

}  // namespace belay::cli
