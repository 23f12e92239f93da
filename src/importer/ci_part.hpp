#pragma once

#include <string>
#include <vector>

#include "importer/environments.hpp"

namespace belay::importer {

/// .github/workflows/belay.yml: a job that runs belay for each environment.
std::string github_part(const Repository&, const std::vector<Environment>&);
/// The same for .gitlab-ci.yml.
std::string gitlab_part(const std::vector<Environment>&);

}  // namespace belay::importer
