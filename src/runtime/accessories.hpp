#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "model/accessory.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/ownership.hpp"

namespace belay {

/// Accessories are the services that are not released. A deployment leaves them as they run, whatever the
/// compose file and its files say by now; that they differ is said.

/// By service, as compose's `config --hash` prints it.
using ServiceHashes = std::map<std::string, std::string>;

/// How a service of the model differs from its container, as far as both show it: "image postgres:15 →
/// postgres:16". Of a variable only the name is told: its value may be a password. Pure.
std::vector<std::string> definition_changes(const boost::json::object& service,
                                            const boost::json::object& inspection);

/// Which of the changed files, relative to the live directory, the service mounts: by themselves or in a
/// directory. Pure.
std::vector<std::string> changed_mounts(const std::vector<BoundPath>&, const std::string& service,
                                        const std::filesystem::path& live,
                                        const std::vector<std::string>& changed);

/// What the accessories are compared with; asked only where one is there.
struct AccessoryComparison {
  std::string environment;                            // for the command that makes one anew
  std::filesystem::path live;                         // the live directory
  std::function<ServiceHashes()> hashes;              // of the model
  std::function<std::vector<std::string>()> changed;  // files that the release changes, relative to `live`
};

/// Those of the model's services that are not among `released`, have containers of ours, and differ from the
/// model or mount a changed file. The model has the live directory's paths.
std::vector<StaleAccessory> stale_accessories(const docker::Engine&, const Ownership&,
                                              const boost::json::object& model,
                                              const std::vector<std::string>& released,
                                              const AccessoryComparison&);

/// What is said of a released service that has not changed, and so goes on running, with a file mounted that
/// the release changes. Compose leaves such a container running, too, and Docker opens the mounted file when
/// a container starts.
StaleAccessory with_old_file(const std::string& service, const std::string& file,
                             const std::filesystem::path& live);

/// The same before a deployment: of the services to release, those whose definition is as their containers
/// run. The image of a service with `build:` is not known yet; then the sentence begins with that condition.
std::vector<StaleAccessory> services_with_old_files(const docker::Engine&, const Ownership&,
                                                    const boost::json::object& model,
                                                    const std::vector<std::string>& services,
                                                    const AccessoryComparison&);

}  // namespace belay
