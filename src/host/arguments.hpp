#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "model/layout.hpp"

namespace belay {

/// The arguments of a host role: `--path LIVE`, `--state STATE` (empty: the rule finds it), `--boot`.
struct HostArguments {
  std::filesystem::path live, state;
  bool boot = false;

  /// Looks where the state lies now; see drivers/own_state.hpp.
  Layout layout() const;
};

/// Throws Error (exit code 2) for anything else, and where --path is missing.
HostArguments host_arguments(std::span<const std::string>);

/// This program in another role, for the same environment.
std::vector<std::string> command_of_role(const std::string& program, const std::string& role, const Layout&);

}  // namespace belay
