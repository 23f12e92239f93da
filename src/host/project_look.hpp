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

/// What a deployment would find, by the code a deployment uses: `check` and `plan` ask it before anything is sent.
/// `files` are the texts that compose may read, by their path in the source. Nothing of the host changes: the files
/// lie in a temporary directory as long as compose is asked.
struct ProjectLook {
  ProjectFacts facts;
  std::vector<docker::Container> containers;  // ours, of the services that are released
};
ProjectLook look_at_project(const docker::Engine&, const Layout&, const EnvironmentConfig&,
                            const std::map<std::string, std::string>& files, std::stop_token);

}  // namespace belay
