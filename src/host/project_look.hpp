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

/// The files that are edited in the live directory, relative to it: neither as the release that serves
/// brought them, nor as the release to come has them, and no container may write to them. A deployment
/// replaces those that it ships. `ids`: the files that the release to come changes, with git's names for
/// their contents; an empty name stands for what is no regular file there. Empty where nothing tells what was
/// brought.
std::vector<std::string> edited_on_server(const Layout&, const std::map<std::string, std::string>& ids);

}  // namespace belay
