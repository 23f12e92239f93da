#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "drivers/host_port.hpp"
#include "model/config.hpp"
#include "model/release.hpp"

namespace belay {

/// What belay reads out of compose's resolved model, and the smaller models it hands back to compose. Pure.

/// The model's part of that name; throws Error naming the services there are.
const boost::json::object& service_in(const boost::json::object& model, const std::string& service);
/// The service, with the network that compose gives one which is printed without (`network_mode: ""`): the
/// project's default one; none, where the project has no network; the Engine's, where it has only others.
boost::json::object service_with_its_network(const boost::json::object& model, const std::string& service);
std::vector<std::string> services_in(const boost::json::object& model);
std::string project_name_in(const boost::json::object& model);

/// The services to release: `wanted`; or, where it is empty, those that are built or whose image names the
/// release ({commit}, {version}). Throws Error where that is none.
std::vector<std::string> released_services(const boost::json::object& model,
                                           const std::vector<std::string>& wanted);

/// With `accessories: as-compose` all services of the model, the named ones first; else as
/// released_services().
std::vector<std::string> services_to_release(const boost::json::object& model, const EnvironmentConfig&);

/// A service's image as operators and compose know it: its `image:`, or compose's default name.
std::string live_image_of(const boost::json::object& model, const std::string& service);
bool is_built(const boost::json::object& model, const std::string& service);
/// The tag that keeps a release's image: the same repository, tagged with the release's id.
std::string frozen_image(const std::string& live_image, const std::string& release);
/// The tag that keeps an image which others made, in a name of belay's own: their repositories stay theirs.
std::string kept_image(const std::string& project, const std::string& release, const std::string& service);
/// The former for what the project builds, also where one service runs what another builds; else the latter.
std::string frozen_image_of(const boost::json::object& model, const std::string& service,
                            const std::string& release);
/// "registry:5000/app:1" → {"registry:5000/app", "1"}; without a tag, "latest".
std::pair<std::string, std::string> repository_and_tag(const std::string& image);
/// The names a service's containers have when settled, one per replica; none for `replicas: 0`.
std::vector<std::string> container_names_of(const boost::json::object& model, const std::string& service);
/// The name of a candidate's container until settle gives it the one operators know.
std::string candidate_name(const std::string& final_name, const std::string& nonce);

/// The services that `service` waits for or shares something with, as compose's `depends_on` says it.
std::vector<Dependency> dependencies_of(const boost::json::object& model, const std::string& service);
/// The same services, each after those that it depends on. What depends in a circle keeps its place.
std::vector<std::string> in_order_of_dependency(const boost::json::object& model,
                                                const std::vector<std::string>& services);
/// Those not among `services` that these depend on, directly or not; each after those that it depends on.
std::vector<std::string> accessories_of(const boost::json::object& model,
                                        const std::vector<std::string>& services);

/// The TCP and UDP ports of the host that these services publish, ascending.
std::vector<int> published_ports(const boost::json::object& model, const std::vector<std::string>& services);

/// The same with address and protocol, an entry for each port of a container. A range has several ports: the
/// Engine takes one that is free.
std::vector<PortChoice> wanted_ports(const boost::json::object& model,
                                     const std::vector<std::string>& services);
/// The same of the containers that are frozen for these.
std::vector<PortChoice> wanted_ports(const std::vector<ReleasedService>&);

/// A path of the host that a container can see.
struct BoundPath {
  std::string service, host, target;
  bool writable = false;
};
/// Every bind mount, config file and secret file of every service of the model.
std::vector<BoundPath> bound_paths(const boost::json::object& model);

/// The profiles of all services of the model: active, since the services are in it.
std::vector<std::string> profiles_in(const boost::json::object& model);

/// The model, fit to be read again: an optional dependency that no profile brings in has a place holder.
boost::json::object readable_again(boost::json::object model);

/// What is built: the services with a `build:`, with the release's tag if they are released. A path below
/// `directory` (the view of the live directory) that `source` has as well is taken from there, so that a
/// build sees what is committed and nothing else.
boost::json::object build_model(const boost::json::object& model, const std::vector<std::string>& services,
                                const std::string& release, const std::filesystem::path& directory,
                                const std::filesystem::path& source);

/// A project of its own, named after the attempt, in which compose makes one container of each service to be
/// read and removed: networks and volumes are the real ones, references to other containers are taken out.
boost::json::object template_model(const boost::json::object& model, const std::vector<std::string>& services,
                                   const std::string& release, const std::string& nonce);
/// The project `template_model` makes; its containers carry it as their compose project.
std::string template_project(const std::string& nonce);

/// A network or volume that compose makes for the project: its key in the model, and its real name.
struct ProjectResource {
  std::string key, name;
};
/// The keys of those that these services use, external or not; each may come several times.
std::vector<std::string> network_keys_of(const boost::json::object& model,
                                         const std::vector<std::string>& services);
std::vector<std::string> volume_keys_of(const boost::json::object& model,
                                        const std::vector<std::string>& services);
/// Those that these services use and that are not external.
std::vector<ProjectResource> networks_of(const boost::json::object& model,
                                         const std::vector<std::string>& services);
std::vector<ProjectResource> volumes_of(const boost::json::object& model,
                                        const std::vector<std::string>& services);
/// The project with these networks and volumes alone, used by one service that is never created.
boost::json::object resources_model(const boost::json::object& model,
                                    const std::vector<ProjectResource>& networks,
                                    const std::vector<ProjectResource>& volumes, const std::string& image);
/// The service of `resources_model`.
inline constexpr auto resources_service = "belay-resources";

/// What a service asks of another's container, and compose resolves when it creates: kept by name in a
/// release.
SharedWithOthers shared_with_others(const boost::json::object& model, const std::string& service);
/// Configs and secrets that have no file but text, put into the container by compose itself. `environment`
/// has the values of those that name a variable.
std::vector<InjectedFile> injected_files(const boost::json::object& model, const std::string& service,
                                         const std::map<std::string, std::string>& environment);
/// The variables that `injected_files` needs.
std::set<std::string> injected_variables(const boost::json::object& model,
                                         const std::vector<std::string>& services);

}  // namespace belay
