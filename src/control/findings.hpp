#pragma once

#include <algorithm>
#include <stop_token>
#include <string>
#include <vector>

#include "control/watcher.hpp"
#include "drivers/rsync.hpp"
#include "model/config.hpp"
#include "model/host_facts.hpp"

namespace belay {

/// One thing `belay check` looked at.
struct Finding {
  enum class Weight { ok, warning, problem };
  Weight weight = Weight::ok;
  std::string subject;  // "disk", "host key", "clock"
  std::string text;     // what was found
  std::string remedy;   // what to do; empty when ok
};
/// What `check` fails for.
inline bool has_problem(const std::vector<Finding>& findings) {
  return std::ranges::find(findings, Finding::Weight::problem, &Finding::weight) != findings.end();
}

/// Looks at the host (and at the source here) as a deployment would, touching nothing.
std::vector<Finding> examine(const Config&, const EnvironmentConfig&, Watcher&, std::stop_token);

/// What a deployment of `ref` would change: the material of `belay plan`.
struct Preview {
  Plan plan;
  HostFacts facts;
  std::vector<rsync::Change> files;   // against the current release
  std::vector<std::string> warnings;  // hidden tracked files, first deployment, no boot recovery …
  bool refused = false;               // check has a problem with the host or the project: no deployment
};
Preview preview(const Config&, const EnvironmentConfig&, const std::string& ref, bool dirty, Watcher&,
                std::stop_token);

}  // namespace belay
