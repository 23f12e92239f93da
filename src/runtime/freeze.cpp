#include "runtime/freeze.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/background.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "model/labels.hpp"
#include "runtime/bound_volumes.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/images.hpp"
#include "runtime/start_commands.hpp"

namespace belay {

namespace json = boost::json;

namespace {

constexpr auto compose_time = std::chrono::minutes(2);

/// A file of the release's directory that is there as long as compose reads it.
class ModelFile {
 public:
  ModelFile(const Attempt& attempt, const char* name, const json::object& model)
      : path_(attempt.layout.release(attempt.release) / name) {
    write_file_atomically(path_, json::serialize(model));
  }
  ~ModelFile() {
    std::error_code left_behind;  // goes with the release's directory
    fs::remove(path_, left_behind);
  }
  ModelFile(const ModelFile&) = delete;
  ModelFile& operator=(const ModelFile&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Compose's own container of a service: read, and removed.
struct Template {
  json::object body;
  std::string name;
};

std::vector<docker::Container> templates_of(const Attempt& attempt) {
  return attempt.engine.containers(
      {fmt::format("{}={}", compose_label::project, template_project(attempt.nonce))});
}

std::map<std::string, Template> take_templates(const Attempt& attempt) {
  std::map<std::string, Template> taken;
  for (const auto& container : templates_of(attempt)) {
    const auto inspection = attempt.engine.inspect(container.id);
    if (!inspection)
      throw Error("container " + container.name + " is gone", "it was there a moment ago", "deploy again");
    taken.emplace(service_of(container), Template{docker::create_body_of(inspection->raw), container.name});
  }
  remove_templates(attempt);
  return taken;
}

std::map<std::string, Template> make_templates(const Attempt& attempt, const ReleaseProject& project,
                                               const json::object& model,
                                               const std::vector<std::string>& services) {
  remove_templates(attempt);
  const ModelFile file(attempt, "templates.json",
                       template_model(model, services, attempt.release, attempt.nonce));
  compose::create(project.in_view(file.path(), template_project(attempt.nonce)), services,
                  compose::Containers::one, attempt.stop, Deadline::in(compose_time));
  auto taken = take_templates(attempt);
  for (const auto& service : services)
    if (!taken.contains(service))
      throw Error("compose made no container for service " + service, "it reported success",
                  "run `docker compose config` in the live directory and look at the service");
  return taken;
}

/// In a template the project's networks are made elsewhere, and compose names the first one by its id. By
/// hand it has its name there, by which the Engine tells where a mac_address belongs.
void name_own_network(const docker::Engine& engine, json::object& body,
                      const std::vector<ProjectResource>& own) {
  auto& mode = body.at("HostConfig").as_object()["NetworkMode"];
  for (const auto& network : own)
    if (const auto known = engine.network(network.name); known && known->at("Id") == mode)
      mode = json::string(network.name);
}

/// Compose makes a container's name an alias of its own. The template is gone; its alias becomes the final
/// name.
void rename_alias(json::object& body, const std::string& from, const std::string& to) {
  auto* networking = body.if_contains("NetworkingConfig");
  if (!networking) return;
  for (auto& endpoint : networking->as_object().at("EndpointsConfig").as_object())
    if (auto* aliases = endpoint.value().as_object().if_contains("Aliases"))
      for (auto& alias : aliases->as_array())
        if (alias.as_string() == from) alias = to;
}

/// As compose writes it: `docker compose stop` and `down` go by it.
std::string depends_on_label(const std::vector<Dependency>& dependencies) {
  std::string label;
  for (const auto& on : dependencies)
    label += fmt::format("{}{}:{}:{}", label.empty() ? "" : ",", on.service, on.condition, on.restart);
  return label;
}

std::string joined(const std::vector<fs::path>& paths) {
  std::string text;
  for (const auto& path : paths) text += (text.empty() ? "" : ",") + path.string();
  return text;
}

/// One body for each replica, with the labels that compose would have set in the live directory.
std::vector<json::object> bodies_of(const ReleasedService& service, const ReleaseProject& project,
                                    const std::string& project_name, const Template& made,
                                    const std::string& hash) {
  auto body = project.view().put_back(made.body).as_object();
  auto& labels = body.at("Labels").as_object();
  for (const char* key : {label::nonce, label::release, label::role}) labels.erase(key);
  labels[compose_label::project] = project_name;
  labels[compose_label::config_hash] = hash;
  labels[compose_label::depends_on] = depends_on_label(service.dependencies);
  labels[compose_label::image] = service.image_id;
  labels[compose_label::directory] = project.directory().string();
  labels[compose_label::config_files] = joined(project.files());
  std::vector<json::object> bodies;
  for (std::size_t i = 0; i < service.container_names.size(); ++i) {
    labels[compose_label::number] = std::to_string(i + 1);
    bodies.push_back(body);
    rename_alias(bodies.back(), made.name, service.container_names[i]);
  }
  return bodies;
}

/// Asked of the resolved model: of a file with `env_file`, `config --hash` counts the files, `up` what stands
/// in them. As it is: compose has put its defaults there, and prints no empty value. It would put a default
/// in the place of that one (of `network_mode: ""` the project's network).
std::map<std::string, std::string> hashes_of(const Attempt& attempt, const ReleaseProject& project,
                                             const json::object& model) {
  const auto file = attempt.layout.compose_model(attempt.release);
  write_file_atomically(file, json::serialize(project.view().put_back(readable_again(model))));
  return compose::service_hashes(project.in_live(file, project_name_in(model)), attempt.stop,
                                 Deadline::in(compose_time), compose::Reading::as_it_is);
}

/// A place holder of the model's that belay added is none of them.
std::map<std::string, std::string> hashes_of_others(std::map<std::string, std::string> hashes,
                                                    const json::object& model,
                                                    const std::vector<std::string>& services) {
  const auto all = services_in(model);
  std::erase_if(hashes, [&](const auto& entry) {
    return std::ranges::find(all, entry.first) == all.end() ||
           std::ranges::find(services, entry.first) != services.end();
  });
  return hashes;
}

}  // namespace

void make_missing_resources(const Attempt& attempt, const ReleaseProject& project, const json::object& model,
                            const std::vector<std::string>& services, const std::string& image) {
  auto networks = networks_of(model, services);
  auto volumes = volumes_of(model, services);
  std::erase_if(networks, [&](const auto& one) { return attempt.engine.network(one.name).has_value(); });
  std::erase_if(volumes, [&](const auto& one) { return attempt.engine.volume(one.name).has_value(); });
  if (networks.empty() && volumes.empty()) return;
  const auto wanted = resources_model(model, networks, volumes, image);
  const ModelFile file(attempt, "resources.json", project.view().put_back(wanted).as_object());
  compose::create(project.in_live(file.path(), project_name_in(model)), {resources_service},
                  compose::Containers::none, attempt.stop, Deadline::in(compose_time));
}

Frozen frozen_services(const Attempt& attempt, const ReleaseProject& project, const json::object& model,
                       const std::vector<std::string>& services) {
  std::vector<ReleasedService> frozen;
  std::vector<std::string> with_containers;
  const auto environment =
      project.values_of(injected_variables(model, services), attempt.stop, Deadline::in(compose_time));
  for (const auto& name : services) {
    const auto live = live_image_of(model, name);
    const auto kept = frozen_image_of(model, name, attempt.release);
    frozen.push_back(
        {.name = name,
         .image_id = attempt.engine.image_id(kept).value_or(""),
         .frozen_image = kept,
         .live_image = live,
         .container_names = container_names_of(model, name),
         .dependencies = dependencies_of(model, name),
         .shared = shared_with_others(model, name),
         .injected = injected_files(model, name, environment),
         .after_start = commands_after_start(project.view().put_back(service_in(model, name)).as_object()),
         .digest = is_built(model, name) ? std::string() : digest_of(attempt.engine, live, kept)});
    if (!frozen.back().container_names.empty()) with_containers.push_back(name);
  }
  if (services.empty()) return {std::move(frozen)};
  // A service without containers has its networks and volumes all the same.
  make_missing_resources(attempt, project, model, services, frozen.front().frozen_image);
  if (with_containers.empty()) return {std::move(frozen)};
  // Compose takes its time to start: its two runs go side by side.
  Beside hashes([&] { return hashes_of(attempt, project, model); });
  auto templates = make_templates(attempt, project, model, with_containers);
  auto known_hashes = hashes.get();
  for (auto& service : frozen) {
    if (service.container_names.empty()) continue;
    const auto hash = known_hashes.find(service.name);
    if (hash == known_hashes.end())
      throw Error("compose has no hash for service " + service.name, "config --hash does not name it",
                  "run `docker compose config --hash '*'` in the live directory");
    auto& made = templates.at(service.name);
    name_own_network(attempt.engine, made.body, networks_of(model, {service.name}));
    made.body = with_bound_volumes(std::move(made.body), model, service.name);
    service.containers = bodies_of(service, project, project_name_in(model), made, hash->second);
  }
  return {std::move(frozen), hashes_of_others(std::move(known_hashes), model, services)};
}

void remove_templates(const Attempt& attempt) {
  // Nothing ever ran in them: their anonymous volumes are empty.
  for (const auto& container : templates_of(attempt))
    attempt.engine.remove(container.id, docker::Engine::AnonymousVolumes::remove);
}

RestartPolicy restart_policy_of(const json::object& body) {
  const auto* host = body.if_contains("HostConfig");
  const auto* policy = host && host->is_object() ? host->as_object().if_contains("RestartPolicy") : nullptr;
  if (!policy || !policy->is_object()) return {};
  RestartPolicy found;
  if (const auto* name = policy->as_object().if_contains("Name"); name && name->is_string())
    if (!name->as_string().empty()) found.name = std::string(name->as_string());
  if (const auto* maximum = policy->as_object().if_contains("MaximumRetryCount");
      maximum && maximum->is_int64())
    found.maximum = static_cast<int>(maximum->as_int64());
  return found;
}

}  // namespace belay
