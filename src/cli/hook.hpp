#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace belay::cli {

/// The script of git's hook `name` (pre-receive, post-receive) that calls `program` for pushes to this
/// repository. `config`: the place of belay.yml in the repository, if it is another.
std::string hook_script(const std::string& name, const std::filesystem::path& program,
                        const std::string& config, const std::vector<std::string>& environments);
/// Whether `belay hook install` wrote it.
bool is_hook_of_belay(const std::string& script);

/// A reference that was pushed, as git tells a hook on stdin: "BEFORE AFTER REF".
struct PushedLine {
  std::string before, after, ref;
};
/// Throws Error{bad_input} on a line that is none.
std::vector<PushedLine> pushed_lines(const std::string& text);

/// Git tells a hook its repository by variables. A git that belay starts for another one, perhaps in a
/// command of belay.yml, would take them for its own. What git needs to find objects is left, and so are
/// settings (GIT_CONFIG_…). Before any other thread.
void forget_the_repository_of_a_hook();

}  // namespace belay::cli
