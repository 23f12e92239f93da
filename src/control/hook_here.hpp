#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "model/config.hpp"
#include "model/hook.hpp"

namespace belay {

/// Runs a hook on this machine, in `directory`, with belay's variables in its environment, to its end or its
/// limit. What it prints goes to `said`, masked. It ends with this process, and so does what it started.
/// Returns why it failed, with its last lines; empty: it succeeded.
std::string run_hook_here(const Hook&, const EnvironmentConfig&, const std::filesystem::path& directory,
                          const Values& belays_variables, const std::function<void(const std::string&)>& said,
                          std::stop_token);

}  // namespace belay
