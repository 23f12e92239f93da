#include "runtime/compose_model.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/nearest.hpp"
#include "drivers/compose_output.hpp"
#include "model/image_name.hpp"
#include "model/json_parts.hpp"
#include "model/labels.hpp"

namespace belay {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

/// The profile of what stands in for a service that is not in the model; never active.
constexpr auto place_holder = "belay-place-holder";

const json::value* find(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found && !found->is_null() ? found : nullptr;
}

const json::object& all_services(const json::object& model) {
  return object_at(model, "services");
}

/// "service:web" → "web"; else empty.
std::string referred(const std::string& mode) {
  constexpr std::string_view prefix = "service:";
  return mode.starts_with(prefix) ? mode.substr(prefix.size()) : std::string{};
}

/// The path in `source` of what `path`, seen in the view, was shipped as; or `path`.
std::string shipped(const std::string& path, const fs::path& directory, const fs::path& source) {
  const auto relative = fs::path(path).lexically_relative(directory);
  if (relative.empty() || *relative.begin() == "..") return path;
  const auto there = (source / relative).lexically_normal();
  return fs::exists(there) ? there.string() : path;
}

json::object built_from(json::object build, const fs::path& directory, const fs::path& source) {
  const auto point = [&](json::value& path) {
    if (path.is_string()) path = json::string(shipped(std::string(path.get_string()), directory, source));
  };
  if (auto* context = build.if_contains("context")) point(*context);
  if (auto* more = build.if_contains("additional_contexts"); more && more->is_object())
    for (auto& item : more->get_object()) point(item.value());
  build.erase("tags");  // moved when the release is settled
  return build;
}

std::vector<ProjectResource> resources_of(const json::object& model, const char* kind,
                                          const std::vector<std::string>& keys) {
  std::vector<ProjectResource> found;
  const auto& all = object_at(model, kind);
  for (const auto& key : keys) {
    const auto& settings = object_at(all, key);
    if (!all.contains(key) || flag_at(settings, "external")) continue;
    const auto name = text_at(settings, "name");
    if (std::ranges::find(found, key, &ProjectResource::key) == found.end())
      found.push_back({key, name.empty() ? project_name_in(model) + "_" + key : name});
  }
  return found;
}

/// The names of a section's entries, declared as made elsewhere.
json::object as_external(const json::object& model, const char* kind) {
  json::object external;
  for (const auto& [key, settings] : object_at(model, kind)) {
    const auto name = settings.is_object() ? text_at(settings.get_object(), "name") : std::string{};
    external[key] = json::object{
        {"external", true}, {"name", name.empty() ? project_name_in(model) + "_" + std::string(key) : name}};
  }
  return external;
}

json::object template_service(json::object service, const std::string& image, const std::string& release,
                              const std::string& nonce) {
  service["image"] = image;
  for (const char* key : {"build", "container_name", "scale", "depends_on", "links", "volumes_from",
                          "profiles", "pull_policy", "develop"})
    service.erase(key);
  if (auto* deploy = service.if_contains("deploy"); deploy && deploy->is_object())
    deploy->get_object().erase("replicas");
  // Compose would look for that service in the template's project.
  if (!referred(text_at(service, "network_mode")).empty()) service["network_mode"] = "none";
  for (const char* key : {"ipc", "pid"})
    if (!referred(text_at(service, key)).empty()) service.erase(key);
  auto& labels = service["labels"];
  if (!labels.is_object()) labels = json::object{};
  labels.get_object()[label::nonce] = nonce;
  labels.get_object()[label::release] = release;
  labels.get_object()[label::role] = "template";
  return service;
}

void add_bound(std::vector<BoundPath>& found, const json::object& model, const std::string& service,
               const char* kind, const std::string& default_directory) {
  for (const auto& use : array_at(service_in(model, service), kind)) {
    if (!use.is_object()) continue;
    const auto source = text_at(use.get_object(), "source");
    const auto file = text_at(object_at(object_at(model, kind), source), "file");
    if (file.empty()) continue;
    auto target = text_at(use.get_object(), "target");
    if (!target.starts_with('/')) target = default_directory + (target.empty() ? source : target);
    found.push_back({service, file, target, false});
  }
}

}  // namespace

std::vector<std::string> services_in(const json::object& model) {
  std::vector<std::string> names;
  for (const auto& service : all_services(model)) names.emplace_back(service.key());
  return names;
}

std::string project_name_in(const json::object& model) {
  return text_at(model, "name");
}

const json::object& service_in(const json::object& model, const std::string& service) {
  const auto* found = all_services(model).if_contains(service);
  if (found && found->is_object()) return found->get_object();
  const auto names = services_in(model);
  const auto close = nearest(service, names);
  throw Error("the compose file has no service \"" + service + "\"",
              fmt::format("it has: {}", fmt::join(names, ", ")),
              close ? "did you mean " + *close + "? Correct services: in belay.yml"
                    : "correct services: in belay.yml",
              ExitCode::bad_input);
}

std::vector<std::string> released_services(const json::object& model,
                                           const std::vector<std::string>& wanted) {
  if (!wanted.empty()) {
    for (const auto& service : wanted) service_in(model, service);
    return wanted;
  }
  std::vector<std::string> found;
  for (const auto& service : services_in(model)) {
    const auto image = text_at(service_in(model, service), "image");
    if (is_built(model, service) || image.contains("{commit}") || image.contains("{version}"))
      found.push_back(service);
  }
  if (found.empty())
    throw Error(
        "nothing says which services are released",
        fmt::format("no service of the compose file is built, and none has {{commit}} or {{version}} in its "
                    "image; it has: {}",
                    fmt::join(services_in(model), ", ")),
        "name them in belay.yml: services: [ … ]", ExitCode::bad_input);
  return found;
}

std::vector<std::string> services_to_release(const json::object& model,
                                             const EnvironmentConfig& environment) {
  if (environment.accessories == Accessories::leave) return released_services(model, environment.services);
  auto services = environment.services;
  for (const auto& service : services) service_in(model, service);
  for (const auto& service : services_in(model))
    if (std::ranges::find(services, service) == services.end()) services.push_back(service);
  return services;
}

std::string live_image_of(const json::object& model, const std::string& service) {
  const auto image = text_at(service_in(model, service), "image");
  return image.empty() ? project_name_in(model) + "-" + service : image;
}

bool is_built(const json::object& model, const std::string& service) {
  return find(service_in(model, service), "build") != nullptr;
}

std::pair<std::string, std::string> repository_and_tag(const std::string& image) {
  const auto name = image.substr(0, image.find('@'));
  const auto colon = name.rfind(':');
  const auto slash = name.rfind('/');
  if (colon == std::string::npos || (slash != std::string::npos && colon < slash)) return {name, "latest"};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

std::string frozen_image(const std::string& live_image, const std::string& release) {
  return repository_and_tag(live_image).first + ":" + release;
}

std::string kept_image(const std::string& project, const std::string& release, const std::string& service) {
  constexpr std::size_t longest_tag = 128;
  return "belay/kept:" + fmt::format("{}-{}-{}", release, project, service).substr(0, longest_tag);
}

std::string frozen_image_of(const json::object& model, const std::string& service,
                            const std::string& release) {
  const auto live = live_image_of(model, service);
  const auto builds_it = [&](const std::string& other) {
    return is_built(model, other) && image_name(live_image_of(model, other)) == image_name(live);
  };
  return std::ranges::any_of(services_in(model), builds_it)
             ? frozen_image(live, release)
             : kept_image(project_name_in(model), release, service);
}

std::vector<std::string> container_names_of(const json::object& model, const std::string& service) {
  const auto& object = service_in(model, service);
  std::int64_t replicas = 1;
  if (const auto* scale = find(object, "scale"); scale && scale->is_number())
    replicas = scale->to_number<std::int64_t>();
  if (const auto* wanted = find(object_at(object, "deploy"), "replicas"); wanted && wanted->is_number())
    replicas = wanted->to_number<std::int64_t>();
  const auto name = text_at(object, "container_name");
  if (!name.empty() && replicas == 1) return {name};
  std::vector<std::string> names;
  for (std::int64_t number = 1; number <= replicas; ++number)
    names.push_back(fmt::format("{}-{}-{}", project_name_in(model), service, number));
  return names;
}

std::string candidate_name(const std::string& final_name, const std::string& nonce) {
  return final_name + "-" + nonce;
}

std::vector<Dependency> dependencies_of(const json::object& model, const std::string& service) {
  std::vector<Dependency> found;
  for (const auto& [name, rule] : object_at(service_in(model, service), "depends_on")) {
    const json::object none;
    const auto& settings = rule.is_object() ? rule.get_object() : none;
    const auto condition = text_at(settings, "condition");
    found.push_back({.service = std::string(name),
                     .condition = condition.empty() ? "service_started" : condition,
                     .restart = flag_at(settings, "restart")});
  }
  return found;
}

namespace {

/// Depth first; `seen` also keeps a circle from going on for ever.
void add_after_dependencies(const json::object& model, const std::string& service,
                            std::vector<std::string>& ordered, std::set<std::string>& seen) {
  if (!all_services(model).contains(service) || !seen.insert(service).second) return;
  for (const auto& on : dependencies_of(model, service))
    add_after_dependencies(model, on.service, ordered, seen);
  ordered.push_back(service);
}

std::vector<std::string> with_dependencies(const json::object& model,
                                           const std::vector<std::string>& services) {
  std::vector<std::string> ordered;
  std::set<std::string> seen;
  for (const auto& service : services) add_after_dependencies(model, service, ordered, seen);
  return ordered;
}

}  // namespace

std::vector<std::string> in_order_of_dependency(const json::object& model,
                                                const std::vector<std::string>& services) {
  auto ordered = with_dependencies(model, services);
  std::erase_if(ordered, [&](const std::string& service) {
    return std::ranges::find(services, service) == services.end();
  });
  return ordered;
}

std::vector<std::string> accessories_of(const json::object& model, const std::vector<std::string>& services) {
  auto ordered = with_dependencies(model, services);
  std::erase_if(ordered, [&](const std::string& service) {
    return std::ranges::find(services, service) != services.end();
  });
  return ordered;
}

namespace {

/// "3001", 3001, or a range "3000-3002", as different versions of compose print them.
void take_ports(const json::value& published, std::set<int>& ports) {
  if (published.is_int64()) {
    ports.insert(static_cast<int>(published.get_int64()));
    return;
  }
  if (!published.is_string()) return;
  const std::string text(published.get_string());
  const char* const end = text.data() + text.size();
  int first = 0, last = 0;
  const auto read = std::from_chars(text.data(), end, first);
  if (read.ec != std::errc{}) return;
  last = first;
  if (read.ptr != end && *read.ptr == '-') std::from_chars(read.ptr + 1, end, last);
  for (int port = first; port <= last && port <= 65535; ++port)
    if (port > 0) ports.insert(port);
}

/// One choice; none for a port that the Engine chooses.
void add_choice(std::vector<PortChoice>& wanted, const std::string& address, const std::string& protocol,
                const json::value* published) {
  std::set<int> numbers;
  if (published) take_ports(*published, numbers);
  PortChoice choice;
  for (const int number : numbers) choice.push_back({address, number, protocol.empty() ? "tcp" : protocol});
  if (!choice.empty()) wanted.push_back(std::move(choice));
}

}  // namespace

std::vector<int> published_ports(const json::object& model, const std::vector<std::string>& services) {
  std::set<int> ports;
  for (const auto& service : services)
    for (const auto& port : array_at(service_in(model, service), "ports"))
      if (port.is_object())
        if (const auto* published = find(port.get_object(), "published")) take_ports(*published, ports);
  return {ports.begin(), ports.end()};
}

std::vector<PortChoice> wanted_ports(const json::object& model, const std::vector<std::string>& services) {
  std::vector<PortChoice> wanted;
  for (const auto& service : services)
    for (const auto& entry : array_at(service_in(model, service), "ports")) {
      if (!entry.is_object()) continue;
      const auto& port = entry.get_object();
      add_choice(wanted, text_at(port, "host_ip"), text_at(port, "protocol"), find(port, "published"));
    }
  return wanted;
}

std::vector<PortChoice> wanted_ports(const std::vector<ReleasedService>& services) {
  std::vector<PortChoice> wanted;
  for (const auto& service : services)
    for (const auto& body : service.containers)
      for (const auto& [port, bindings] : object_at(object_at(body, "HostConfig"), "PortBindings")) {
        const std::string_view target(port.data(), port.size());  // "8080/tcp"
        const auto slash = std::min(target.find('/'), target.size());
        if (!bindings.is_array()) continue;
        for (const auto& binding : bindings.get_array())
          if (binding.is_object())
            add_choice(wanted, text_at(binding.get_object(), "HostIp"),
                       std::string(target.substr(std::min(slash + 1, target.size()))),
                       find(binding.get_object(), "HostPort"));
      }
  return wanted;
}

std::vector<BoundPath> bound_paths(const json::object& model) {
  std::vector<BoundPath> found;
  for (const auto& service : services_in(model)) {
    for (const auto& volume : array_at(service_in(model, service), "volumes")) {
      if (!volume.is_object() || text_at(volume.get_object(), "type") != "bind") continue;
      found.push_back({service, text_at(volume.get_object(), "source"),
                       text_at(volume.get_object(), "target"), !flag_at(volume.get_object(), "read_only")});
    }
    add_bound(found, model, service, "configs", "/");
    add_bound(found, model, service, "secrets", "/run/secrets/");
  }
  return found;
}

std::vector<std::string> profiles_in(const json::object& model) {
  std::set<std::string> profiles;
  for (const auto& service : services_in(model))
    for (const auto& profile : texts_at(service_in(model, service), "profiles"))
      if (profile != place_holder) profiles.insert(profile);
  return {profiles.begin(), profiles.end()};
}

json::object readable_again(json::object model) {
  std::set<std::string> missing;
  for (const auto& service : services_in(model))
    for (const auto& on : dependencies_of(model, service))
      if (!all_services(model).contains(on.service)) missing.insert(on.service);
  for (const auto& service : missing)
    model.at("services").get_object()[service] =
        json::object{{"image", "none"}, {"profiles", json::array{place_holder}}};
  return model;
}

json::object build_model(const json::object& model, const std::vector<std::string>& services,
                         const std::string& release, const fs::path& directory, const fs::path& source) {
  json::object built;
  for (const auto& name : services_in(model)) {
    const auto& service = service_in(model, name);
    const auto* build = find(service, "build");
    if (!build || !build->is_object()) continue;
    const auto live = live_image_of(model, name);
    const bool released = std::ranges::find(services, name) != services.end();
    json::object kept{{"build", built_from(build->get_object(), directory, source)},
                      {"image", released ? frozen_image(live, release) : live}};
    if (const auto* platform = find(service, "platform")) kept["platform"] = *platform;
    built[name] = std::move(kept);
  }
  json::object made{{"name", project_name_in(model)}, {"services", std::move(built)}};
  if (const auto* secrets = find(model, "secrets")) made["secrets"] = *secrets;
  return made;
}

std::string template_project(const std::string& nonce) {
  return "belay-" + nonce;
}

json::object service_with_its_network(const json::object& model, const std::string& name) {
  auto service = service_in(model, name);
  for (const char* key : {"provider", "networks", "network_mode"})
    if (service.contains(key)) return service;
  const auto& networks = object_at(model, "networks");
  if (networks.contains("default"))
    service["networks"] = json::object{{"default", nullptr}};
  else
    service["network_mode"] = networks.empty() ? "none" : "default";
  return service;
}

json::object template_model(const json::object& model, const std::vector<std::string>& services,
                            const std::string& release, const std::string& nonce) {
  json::object templates;
  for (const auto& name : services)
    templates[name] = template_service(service_with_its_network(model, name),
                                       frozen_image_of(model, name, release), release, nonce);
  json::object made{{"name", template_project(nonce)}, {"services", std::move(templates)}};
  for (const char* kind : {"networks", "volumes"})
    if (auto external = as_external(model, kind); !external.empty()) made[kind] = std::move(external);
  for (const char* kind : {"configs", "secrets"})
    if (const auto* files = find(model, kind)) made[kind] = *files;
  return made;
}

std::vector<std::string> network_keys_of(const json::object& model,
                                         const std::vector<std::string>& services) {
  std::vector<std::string> keys;
  for (const auto& name : services) {
    const auto service = service_with_its_network(model, name);
    for (const auto& network : object_at(service, "networks")) keys.emplace_back(network.key());
  }
  return keys;
}

std::vector<std::string> volume_keys_of(const json::object& model, const std::vector<std::string>& services) {
  std::vector<std::string> keys;
  for (const auto& service : services)
    for (const auto& volume : array_at(service_in(model, service), "volumes"))
      if (volume.is_object() && text_at(volume.get_object(), "type") == "volume")
        keys.push_back(text_at(volume.get_object(), "source"));
  return keys;
}

std::vector<ProjectResource> networks_of(const json::object& model,
                                         const std::vector<std::string>& services) {
  return resources_of(model, "networks", network_keys_of(model, services));
}

std::vector<ProjectResource> volumes_of(const json::object& model, const std::vector<std::string>& services) {
  return resources_of(model, "volumes", volume_keys_of(model, services));
}

json::object resources_model(const json::object& model, const std::vector<ProjectResource>& networks,
                             const std::vector<ProjectResource>& volumes, const std::string& image) {
  json::object service{{"image", image}}, kept_networks, kept_volumes, used;
  json::array mounted;
  for (const auto& network : networks) {
    kept_networks[network.key] = object_at(model, "networks").at(network.key);
    used[network.key] = nullptr;
  }
  for (const auto& volume : volumes) {
    kept_volumes[volume.key] = object_at(model, "volumes").at(volume.key);
    mounted.push_back(json::object{
        {"type", "volume"}, {"source", volume.key}, {"target", fmt::format("/{}", mounted.size())}});
  }
  if (networks.empty())
    service["network_mode"] = "none";
  else
    service["networks"] = std::move(used);
  if (!mounted.empty()) service["volumes"] = std::move(mounted);
  json::object made{{"name", project_name_in(model)},
                    {"services", json::object{{resources_service, std::move(service)}}}};
  if (!kept_networks.empty()) made["networks"] = std::move(kept_networks);
  if (!kept_volumes.empty()) made["volumes"] = std::move(kept_volumes);
  return made;
}

SharedWithOthers shared_with_others(const json::object& model, const std::string& service) {
  const auto& object = service_in(model, service);
  return {.network = referred(text_at(object, "network_mode")),
          .ipc = referred(text_at(object, "ipc")),
          .pid = referred(text_at(object, "pid")),
          .volumes = texts_at(object, "volumes_from"),
          .links = texts_at(object, "links")};
}

namespace {

int number_in(const json::object& object, std::string_view key, int otherwise, int base) {
  const auto* found = find(object, key);
  if (!found) return otherwise;
  if (found->is_number()) return found->to_number<int>();
  const auto text = text_at(object, key);
  return text.empty() ? otherwise : std::stoi(text, nullptr, base);
}

template <class Sink>
void for_each_without_file(const json::object& model, const std::string& service, const Sink& sink) {
  for (const char* kind : {"configs", "secrets"})
    for (const auto& use : array_at(service_in(model, service), kind)) {
      if (!use.is_object()) continue;
      const auto& definition = object_at(object_at(model, kind), text_at(use.get_object(), "source"));
      const bool has_text = find(definition, "content") || find(definition, "environment");
      if (has_text)
        sink(std::string_view(kind) == "configs" ? "/" : "/run/secrets/", use.get_object(), definition);
    }
}

}  // namespace

std::vector<InjectedFile> injected_files(const json::object& model, const std::string& service,
                                         const std::map<std::string, std::string>& environment) {
  std::vector<InjectedFile> files;
  for_each_without_file(
      model, service,
      [&](const std::string& directory, const json::object& use, const json::object& definition) {
        auto target = text_at(use, "target");
        if (!target.starts_with('/')) target = directory + (target.empty() ? text_at(use, "source") : target);
        const auto variable = text_at(definition, "environment");
        const auto value = environment.find(variable);
        if (!variable.empty() && value == environment.end())
          throw Error(fmt::format("the variable {} is not set", variable),
                      fmt::format("service {} takes {} from it", service, text_at(use, "source")),
                      "set it in .env on the host, or name it in values: of belay.yml", ExitCode::bad_input);
        auto text =
            variable.empty() ? compose::with_single_dollars(text_at(definition, "content")) : value->second;
        if (text.empty() && directory == "/") return;  // of an empty config compose makes no file
        files.push_back({.target = target,
                         .text = std::move(text),
                         .mode = number_in(use, "mode", 0444, 8),
                         .uid = number_in(use, "uid", 0, 10),
                         .gid = number_in(use, "gid", 0, 10)});
      });
  return files;
}

std::set<std::string> injected_variables(const json::object& model,
                                         const std::vector<std::string>& services) {
  std::set<std::string> names;
  for (const auto& service : services)
    for_each_without_file(model, service,
                          [&](const std::string&, const json::object&, const json::object& definition) {
                            if (auto name = text_at(definition, "environment"); !name.empty())
                              names.insert(std::move(name));
                          });
  return names;
}

}  // namespace belay
