#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "control/checks.hpp"
#include "control/source.hpp"

namespace belay {

/// One finding for each kind of content that is to be shipped and is not on this machine: files of submodules
/// and of git-lfs. Empty: all is there. What the excludes leave out is not looked for.
std::vector<Finding> missing_contents(const Checkout&, const std::vector<std::string>& exclude,
                                      std::stop_token);

/// Throws Error{exit code 2} with all of it.
void require_contents(const Checkout&, const std::vector<std::string>& exclude, std::stop_token);

}  // namespace belay
