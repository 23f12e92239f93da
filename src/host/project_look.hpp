#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "drivers/docker.hpp"
#include "model/config.hpp"
#include "model/host_facts.hpp"
#include "model/layout.hpp"

namespace belay {

/// What is known of the files that would be shipped, by their path in the source.
struct ShippedFiles {
  std::map<std::string, std::string> texts;  // those that compose may read
  std::map<std::string, std::string> ids{};  // git's names for the contents of what containers may mount
};

/// What a deployment would find, by the code a deployment uses: `check` and `plan` ask it before anything is
/// sent. Nothing of the host changes: the texts lie in a temporary directory as long as compose is asked.
struct ProjectLook {
  ProjectFacts facts;
  std::vector<docker::Container> containers;  // ours, of the services that are released
};
ProjectLook look_at_project(const docker::Engine&, const Layout&, const EnvironmentConfig&,
                            const ShippedFiles&, std::stop_token);

}  // namespace belay
