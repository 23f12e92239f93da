#pragma once

#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace belay::cli {

/// The script that makes `shell` complete belay's command line, from the parser's own table. Empty for a
/// shell that is not bash, zsh or fish. Environments come from the belay.yml at hand, when asked.
std::string completion_script(const std::string& shell, const std::vector<CommandShape>&);

}  // namespace belay::cli
