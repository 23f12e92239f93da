#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "model/release.hpp"
#include "runtime/attempt.hpp"
#include "runtime/release_project.hpp"

namespace belay {

/// Turning compose services into create bodies, which need neither compose nor the files it read.

/// Makes the project's networks and volumes that these services use and that are not there. What is there
/// stays as it is, even where its definition has changed.
void make_missing_resources(const Attempt&, const ReleaseProject&, const boost::json::object& model,
                            const std::vector<std::string>& services, const std::string& image);

struct Frozen {
  std::vector<ReleasedService> services;
  std::map<std::string, std::string> accessories{};  // compose's hashes of the other services
};

/// The services as compose itself would make their containers in the live directory. Compose makes a template
/// of each in a project of its own, which is read and removed; labels are as if `docker compose up` had been
/// typed in the live directory, so that typing it later changes nothing. `model` has the view's paths.
Frozen frozen_services(const Attempt&, const ReleaseProject&, const boost::json::object& model,
                       const std::vector<std::string>& services);

/// Removes what a killed process left of the templates.
void remove_templates(const Attempt&);

/// What a frozen create body says of restarts; "no" where it says nothing.
struct RestartPolicy {
  std::string name = "no";
  int maximum = 0;
};
RestartPolicy restart_policy_of(const boost::json::object& body);

}  // namespace belay
