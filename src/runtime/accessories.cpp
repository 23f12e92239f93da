#include "runtime/accessories.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/files.hpp"
#include "drivers/compose_output.hpp"
#include "model/json_parts.hpp"
#include "model/labels.hpp"
#include "runtime/attempt.hpp"

namespace belay {

namespace json = boost::json;

namespace {

constexpr std::size_t most_files_named = 3;

std::string text_of(const json::value& value) {
  if (value.is_string()) return compose::with_single_dollars(std::string(value.get_string()));
  return value.is_null() ? std::string{} : json::serialize(value);
}

std::string text_in(const json::object& object, std::string_view key) {
  return text_of(value_at(object, key));
}

std::string words_in(const json::object& object, std::string_view key) {
  const auto& value = value_at(object, key);
  if (!value.is_array()) return text_of(value);
  std::string words;
  for (const auto& word : value.get_array()) words += (words.empty() ? "" : " ") + text_of(word);
  return words;
}

/// The container's environment; what it has beside the model's comes from the image, or came from an older
/// model.
std::map<std::string, std::string> environment_of(const json::object& inspection) {
  std::map<std::string, std::string> found;
  for (const auto& text : texts_at(object_at(inspection, "Config"), "Env")) {
    const auto equals = text.find('=');
    if (equals != std::string::npos) found.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

std::vector<std::string> changed_variables(const json::object& service, const json::object& inspection) {
  std::vector<std::string> names;
  const auto there = environment_of(inspection);
  for (const auto& [name, value] : object_at(service, "environment")) {
    if (value.is_null()) continue;
    const auto found = there.find(std::string(name));
    if (found == there.end() || found->second != text_of(value)) names.emplace_back(name);
  }
  return names;
}

/// "127.0.0.1:5432→5432/tcp"
std::set<std::string> ports_of_model(const json::object& service) {
  std::set<std::string> ports;
  for (const auto& entry : array_at(service, "ports")) {
    if (!entry.is_object()) continue;
    const auto& port = entry.get_object();
    const auto protocol = text_in(port, "protocol");
    ports.insert(fmt::format("{}:{}→{}/{}", text_in(port, "host_ip"), text_in(port, "published"),
                             text_in(port, "target"), protocol.empty() ? "tcp" : protocol));
  }
  return ports;
}

std::set<std::string> ports_of_container(const json::object& inspection) {
  std::set<std::string> ports;
  for (const auto& [port, bindings] : object_at(object_at(inspection, "HostConfig"), "PortBindings"))
    if (bindings.is_array())
      for (const auto& binding : bindings.get_array())
        if (binding.is_object())
          ports.insert(fmt::format("{}:{}→{}", text_in(binding.get_object(), "HostIp"),
                                   text_in(binding.get_object(), "HostPort"), std::string(port)));
  return ports;
}

/// "./conf:/etc/conf": what can be seen of the host, by the place where it is seen.
std::map<std::string, std::string> binds_of_model(const json::object& service) {
  std::map<std::string, std::string> binds;
  for (const auto& entry : array_at(service, "volumes"))
    if (entry.is_object() && text_in(entry.get_object(), "type") == "bind")
      binds[text_in(entry.get_object(), "target")] = text_in(entry.get_object(), "source");
  return binds;
}

std::map<std::string, std::string> binds_of_container(const json::object& inspection) {
  std::map<std::string, std::string> binds;
  for (const auto& entry : array_at(inspection, "Mounts"))
    if (entry.is_object() && text_in(entry.get_object(), "Type") == "bind")
      binds[text_in(entry.get_object(), "Destination")] = text_in(entry.get_object(), "Source");
  return binds;
}

std::string arrow(const std::string& what, const std::string& before, const std::string& now) {
  const auto shown = [](const std::string& text) { return text.empty() ? std::string("none") : text; };
  return fmt::format("{} {} → {}", what, shown(before), shown(now));
}

std::string restart_of(const json::object& inspection) {
  const auto& policy = object_at(object_at(inspection, "HostConfig"), "RestartPolicy");
  const auto name = text_in(policy, "Name");
  const auto& maximum = value_at(policy, "MaximumRetryCount");
  if (name == "on-failure" && maximum.is_int64() && maximum.get_int64() > 0)
    return fmt::format("{}:{}", name, maximum.get_int64());
  return name == "no" ? std::string{} : name;
}

/// Config and secret files are mounted, too, and not among the model's volumes.
void compare_binds(std::vector<std::string>& changes, const json::object& service,
                   const json::object& inspection) {
  const auto there = binds_of_container(inspection);
  for (const auto& [target, source] : binds_of_model(service)) {
    const auto found = there.find(target);
    if (found == there.end())
      changes.push_back(fmt::format("{} is mounted at {}", source, target));
    else if (found->second != source)
      changes.push_back(arrow("mount at " + target, found->second, source));
  }
}

bool is_below(const std::string& path, const std::string& directory) {
  return directory == "." || path == directory || path.starts_with(directory + "/");
}

std::string few_of(const std::vector<std::string>& files) {
  if (files.size() <= most_files_named) return fmt::format("{}", fmt::join(files, ", "));
  return fmt::format("{} and {} more", fmt::join(files.begin(), files.begin() + most_files_named, ", "),
                     files.size() - most_files_named);
}

/// Empty: it is as the model says.
std::vector<std::string> changes_of(const docker::Engine& engine, const docker::Container& container,
                                    const json::object& model, const std::string& service,
                                    const ServiceHashes& hashes) {
  const auto inspection = engine.inspect(container.id);
  const auto hash = hashes.find(service);
  if (!inspection || hash == hashes.end() || hash->second == label_of(container, compose_label::config_hash))
    return {};
  auto changes = definition_changes(service_in(model, service), inspection->raw);
  // Compose's hash of a service that uses another's container has that container's id in it.
  if (changes.empty() && !shared_with_others(model, service).any())
    changes.emplace_back("its configuration hash is different");
  return changes;
}

std::string sentence(const std::string& service, const std::vector<std::string>& changes,
                     const std::vector<std::string>& files, bool runs) {
  std::string text = service + " (not released)";
  if (!changes.empty()) text += fmt::format(" differs from the compose file: {}", fmt::join(changes, ", "));
  if (!changes.empty() && !files.empty()) text += "; it";
  if (!files.empty()) text += fmt::format(" mounts what this release changes: {}", few_of(files));
  return text + (runs ? "; it goes on as it runs" : "; it stays as it is");
}

/// By service: the changed file that it mounts, not as a part of a directory.
std::map<std::string, std::string> mounted_by_themselves(const json::object& model,
                                                         const std::vector<std::string>& services,
                                                         const AccessoryComparison& comparison) {
  std::map<std::string, std::string> mounted;
  const auto changed = comparison.changed();
  for (const auto& bound : bound_paths(model)) {
    const auto path = fs::path(bound.host).lexically_relative(comparison.live).string();
    if (std::ranges::find(services, bound.service) != services.end() &&
        std::ranges::find(changed, path) != changed.end())
      mounted.emplace(bound.service, path);
  }
  return mounted;
}

/// True if a deployment would find nothing changed in the service's containers, as far as it is known before
/// the build. A service that uses another's container has the id of that in its hash, and is left out.
bool runs_as_defined(const docker::Engine& engine, const Ownership& ours, const json::object& model,
                     const std::string& service, const ServiceHashes& hashes) {
  const auto hash = hashes.find(service);
  const auto there = ours.containers(service);
  if (hash == hashes.end() || there.empty() || shared_with_others(model, service).any()) return false;
  const auto image = is_built(model, service) ? std::nullopt : engine.image_id(live_image_of(model, service));
  return std::ranges::all_of(there, [&](const docker::Container& one) {
    return one.running() && label_of(one, compose_label::config_hash) == hash->second &&
           (is_built(model, service) || one.image_id == image);
  });
}

}  // namespace

std::vector<std::string> definition_changes(const json::object& service, const json::object& inspection) {
  std::vector<std::string> changes;
  const auto& config = object_at(inspection, "Config");
  const auto compare = [&](const char* what, const std::string& before, const std::string& now) {
    if (before != now) changes.push_back(arrow(what, before, now));
  };
  if (const auto image = text_in(service, "image"); !image.empty())
    compare("image", text_in(config, "Image"), image);
  for (const auto& [key, engine] : {std::pair{"command", "Cmd"}, std::pair{"entrypoint", "Entrypoint"}})
    if (!value_at(service, key).is_null()) compare(key, words_in(config, engine), words_in(service, key));
  for (const auto& [key, engine] : {std::pair{"user", "User"}, std::pair{"working_dir", "WorkingDir"}})
    if (const auto wanted = text_in(service, key); !wanted.empty())
      compare(key, text_in(config, engine), wanted);
  if (const auto names = changed_variables(service, inspection); !names.empty())
    changes.push_back(fmt::format("environment {}", fmt::join(names, ", ")));
  const auto ports = ports_of_model(service), published = ports_of_container(inspection);
  compare("ports", fmt::format("{}", fmt::join(published, " ")), fmt::format("{}", fmt::join(ports, " ")));
  compare_binds(changes, service, inspection);
  const auto restart = text_in(service, "restart");
  compare("restart", restart_of(inspection), restart == "no" ? std::string{} : restart);
  return changes;
}

std::vector<std::string> changed_mounts(const std::vector<BoundPath>& bound, const std::string& service,
                                        const fs::path& live, const std::vector<std::string>& changed) {
  std::set<std::string> found;
  for (const auto& one : bound) {
    if (one.service != service) continue;
    const auto relative = fs::path(one.host).lexically_normal().lexically_relative(live);
    if (relative.empty() || *relative.begin() == "..") continue;
    auto directory = relative.string();
    if (directory.ends_with('/')) directory.pop_back();
    for (const auto& path : changed)
      if (is_below(path, directory)) found.insert(path);
  }
  return {found.begin(), found.end()};
}

std::vector<StaleAccessory> stale_accessories(const docker::Engine& engine, const Ownership& ours,
                                              const json::object& model,
                                              const std::vector<std::string>& released,
                                              const AccessoryComparison& comparison) {
  std::vector<StaleAccessory> stale;
  if (ours.shares_project()) return stale;  // they are others' to look after
  std::optional<ServiceHashes> hashes;
  std::vector<std::string> changed;
  const auto bound = bound_paths(model);
  const auto all = ours.containers();
  for (const auto& service : services_in(model)) {
    if (std::ranges::find(released, service) != released.end()) continue;
    std::vector<docker::Container> there;
    std::ranges::copy_if(all, std::back_inserter(there),
                         [&](const docker::Container& one) { return service_of(one) == service; });
    if (there.empty()) continue;
    if (!hashes) {
      hashes = comparison.hashes();
      changed = comparison.changed();
    }
    std::vector<std::string> changes;
    for (const auto& container : there)
      if (changes.empty()) changes = changes_of(engine, container, model, service, *hashes);
    const auto files = changed_mounts(bound, service, comparison.live, changed);
    if (changes.empty() && files.empty()) continue;
    stale.push_back(
        {service, sentence(service, changes, files, std::ranges::any_of(there, &docker::Container::running)),
         fmt::format("belay up {} {}", comparison.environment, service)});
  }
  return stale;
}

StaleAccessory with_old_file(const std::string& service, const std::string& file, const fs::path& live) {
  return {.service = service,
          .what = fmt::format("{} is unchanged and goes on with the {} of before, which it has mounted",
                              service, file),
          .remedy = fmt::format("docker compose restart {}  (in {}, on the host)", service, live.string())};
}

std::vector<StaleAccessory> services_with_old_files(const docker::Engine& engine, const Ownership& ours,
                                                    const json::object& model,
                                                    const std::vector<std::string>& services,
                                                    const AccessoryComparison& comparison) {
  std::vector<StaleAccessory> found;
  const auto mounted = mounted_by_themselves(model, services, comparison);
  if (mounted.empty()) return found;
  const auto hashes = comparison.hashes();
  for (const auto& [service, file] : mounted) {
    if (!runs_as_defined(engine, ours, model, service, hashes)) continue;
    found.push_back(with_old_file(service, file, comparison.live));
    if (is_built(model, service)) found.back().what.insert(0, "If its build makes the same image again, ");
  }
  return found;
}

}  // namespace belay
