#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/container_command.hpp"
#include "model/variables.hpp"

namespace belay {

/// A command of belay.yml as `sh` is given it: the text is the script, and each `${NAME}` in it a parameter
/// of the shell whose value is in its environment. So no list of processes shows a value, and none can
/// change what the script is made of: it is expanded, never parsed.
struct ShellCommand {
  std::string script;
  Values environment;  // by the parameters' names: BELAY_VALUE_NAME
};

/// The parameter's name. It is not the variable's own, since that would change what the command's programs
/// find in their environment: `${PATH}` of the caller is not the PATH of a container.
std::string parameter_of(const std::string& variable);

/// Variables without a value are empty for the shell.
ShellCommand shell_command(std::string_view text, const Values&);

/// A command of belay.yml for a container: `words` if there are any, else `text` for `sh`. The values are in
/// its environment, since everybody on the host sees the arguments.
ContainerCommand container_command(std::string_view text, const std::vector<std::string>& words,
                                   const Values&);

/// `${NAME}` where no shell expands it, and quotes cannot be closed around it either.
std::vector<Expanded::Fault> shell_faults(std::string_view text);

}  // namespace belay
