#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "model/masks.hpp"

namespace belay {

/// Runs a program with this process's own terminal, stdin, stdout and stderr, in its process group (so that
/// keys and Ctrl-C reach it), to its end. Returns its exit code, or 128 + the signal that ended it. On stop
/// it is given two seconds to end by itself, then SIGTERM, then SIGKILL. Throws Error if it cannot be
/// started.
int run_in_foreground(const std::vector<std::string>& argv, std::stop_token);
/// The same, with what it prints masked on its way. What it prints on stdout may come before or after what it
/// prints on stderr.
int run_in_foreground(const std::vector<std::string>& argv, std::stop_token, const Masks&);

}  // namespace belay
