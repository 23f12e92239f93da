#include "runtime/resource_changes.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "model/json_parts.hpp"
#include "model/labels.hpp"

namespace belay {

namespace json = boost::json;

namespace {

std::string text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  return value.is_null() ? std::string{} : json::serialize(value);
}

void compare(std::vector<std::string>& changes, const std::string& what, const std::string& wanted,
             const std::string& there) {
  if (wanted != there)
    changes.push_back(fmt::format("{} is {}, it was made with {}", what, wanted.empty() ? "not set" : wanted,
                                  there.empty() ? "none" : there));
}

/// Each key that the compose file names; and each that it names no more, unless `made_up` says that the
/// Engine may have put it there.
template <class MadeUp>
void compare_all(std::vector<std::string>& changes, const std::string& what, const json::object& wanted,
                 const json::object& there, const MadeUp& made_up) {
  for (const auto& [key, value] : wanted)
    compare(changes, fmt::format("{}.{}", what, std::string(key)), text_of(value),
            text_of(value_at(there, key)));
  for (const auto& [key, value] : there)
    if (!wanted.contains(key) && !made_up(std::string_view(key)))
      compare(changes, fmt::format("{}.{}", what, std::string(key)), {}, text_of(value));
}

void compare_labels(std::vector<std::string>& changes, const json::object& wanted,
                    const json::object& there) {
  compare_all(changes, "labels", object_at(wanted, "labels"), object_at(there, "Labels"),
              [](std::string_view key) { return key.starts_with("com.docker."); });
}

/// A subnet of the compose file that the network lacks; or has, with other particulars.
void compare_addresses(std::vector<std::string>& changes, const json::object& wanted,
                       const json::object& there) {
  const auto& configs = value_at(object_at(wanted, "ipam"), "config");
  const auto& made = value_at(object_at(there, "IPAM"), "Config");
  if (!configs.is_array() || !made.is_array()) return;
  for (const auto& config : configs.get_array()) {
    if (!config.is_object()) continue;
    const auto subnet = text_of(value_at(config.get_object(), "subnet"));
    if (subnet.empty()) continue;
    const auto& all = made.get_array();
    const auto same = std::ranges::find_if(all, [&](const json::value& one) {
      return one.is_object() && text_of(value_at(one.get_object(), "Subnet")) == subnet;
    });
    if (same == all.end()) {
      changes.push_back(fmt::format("subnet {} is new", subnet));
      continue;
    }
    for (const auto& [key, engine] : {std::pair{"gateway", "Gateway"}, std::pair{"ip_range", "IPRange"}})
      if (const auto value = text_of(value_at(config.get_object(), key)); !value.empty())
        compare(changes, fmt::format("{} of {}", key, subnet), value,
                text_of(value_at(same->get_object(), engine)));
  }
}

bool is_external(const json::object& settings) {
  const auto& external = value_at(settings, "external");
  return external.is_object() || (external.is_bool() && external.get_bool());
}

/// The external ones that these services use: compose takes their names as they are.
std::vector<ProjectResource> external_ones(const json::object& model, const char* kind,
                                           const std::vector<std::string>& keys) {
  std::vector<ProjectResource> found;
  for (const auto& key : keys) {
    const auto& settings = object_at(object_at(model, kind), key);
    const auto name = text_of(value_at(settings, "name"));
    if (is_external(settings) && std::ranges::find(found, key, &ProjectResource::key) == found.end())
      found.push_back({key, name.empty() ? key : name});
  }
  return found;
}

/// Empty: this project's. Compose's labels of a network or volume name a project, and no directory.
std::string other_owner(const json::object& there, const std::string& project) {
  const auto owner = text_of(value_at(object_at(there, "Labels"), compose_label::project));
  if (owner == project) return {};
  return owner.empty() ? "no compose project" : "compose project " + owner;
}

std::string as_external(const char* kind, const ProjectResource& one) {
  return fmt::format("{}: {{ {}: {{ external: true, name: {} }} }}", kind, one.key, one.name);
}

std::string maker_of(const json::object& network, const std::string& key, const std::string& project) {
  if (key.empty()) return "by hand";
  const auto owner = other_owner(network, project);
  return fmt::format("as the network {}{}", key, owner.empty() ? "" : " of " + owner);
}

}  // namespace

std::vector<std::string> network_changes(const json::object& wanted, const json::object& there) {
  std::vector<std::string> changes;
  const auto driver = text_of(value_at(there, "Driver"));
  if (const auto named = text_of(value_at(wanted, "driver")); !named.empty())
    compare(changes, "driver", named, driver);
  compare_all(changes, "driver_opts", object_at(wanted, "driver_opts"), object_at(there, "Options"),
              [&](std::string_view key) { return driver != "bridge" || key.contains("enable_ipv"); });
  for (const auto& [key, engine] : {std::pair{"internal", "Internal"}, std::pair{"attachable", "Attachable"}})
    if (const bool is = value_at(there, engine) == json::value(true),
        should = value_at(wanted, key) == json::value(true);
        is != should)
      compare(changes, key, should ? "true" : "false", is ? "true" : "false");
  if (const auto& should = value_at(wanted, "enable_ipv6"); should.is_bool())
    compare(changes, "enable_ipv6", text_of(should), text_of(value_at(there, "EnableIPv6")));
  compare_addresses(changes, wanted, there);
  compare_labels(changes, wanted, there);
  return changes;
}

std::vector<std::string> volume_changes(const json::object& wanted, const json::object& there) {
  std::vector<std::string> changes;
  if (const auto named = text_of(value_at(wanted, "driver")); !named.empty())
    compare(changes, "driver", named, text_of(value_at(there, "Driver")));
  compare_all(changes, "driver_opts", object_at(wanted, "driver_opts"), object_at(there, "Options"),
              [](std::string_view) { return false; });
  compare_labels(changes, wanted, there);
  return changes;
}

/// Compose: resolveOrCreateNetwork. Without the label of its key a network is nothing that compose takes.
std::optional<Obstacle> network_obstacle(const std::string& project, const ProjectResource& network,
                                         const json::object& wanted, const json::object& there) {
  const auto& labels = object_at(there, "Labels");
  if (const auto key = text_of(value_at(labels, compose_label::network)); key != network.key)
    return Obstacle{"network",
                    fmt::format("{} was made {}, not by compose as the network {}", network.name,
                                maker_of(there, key, project), network.key),
                    fmt::format("declare it in the compose file: {}; or give the network another name",
                                as_external("networks", network))};
  const auto changes = network_changes(wanted, there);
  if (changes.empty() || value_at(labels, compose_label::config_hash).is_null()) return std::nullopt;
  if (const auto owner = other_owner(there, project); !owner.empty())
    return Obstacle{
        "network",
        fmt::format("{} is of {}; compose would remove it and make it anew:\n{}", network.name, owner,
                    fmt::join(changes, "\n")),
        fmt::format("give the network another name (networks: {}: name:); or, where both are to use it, "
                    "declare it in the compose file: {}",
                    network.key, as_external("networks", network))};
  return Obstacle{
      "network",
      fmt::format("compose would recreate {}, and stop everything that runs in it for that:\n{}",
                  network.name, fmt::join(changes, "\n")),
      "when the app may be down: docker compose down, then deploy; or give the network another name "
      "(networks: NAME: name:), then it is made beside the old one"};
}

std::string used_of_other(const std::string& project, const char* kind, const ProjectResource& one,
                          const json::object& there) {
  const auto owner = other_owner(there, project);
  if (owner.empty()) return {};
  return fmt::format(
      "{} {} is of {}, and project {} uses it, as with docker compose up: where that is meant, declare {}; "
      "else give it another name",
      kind, one.name, owner, project, as_external(fmt::format("{}s", kind).c_str(), one));
}

std::vector<Obstacle> unusable_resources(const docker::Engine& engine, const json::object& model,
                                         const std::vector<std::string>& services) {
  std::vector<Obstacle> found;
  for (const auto& network : external_ones(model, "networks", network_keys_of(model, services)))
    if (!engine.network(network.name))
      found.push_back({"network", fmt::format("{} is external, and not there", network.name),
                       "make it there: docker network create " + network.name});
  for (const auto& volume : external_ones(model, "volumes", volume_keys_of(model, services)))
    if (!engine.volume(volume.name))
      found.push_back({"volume", fmt::format("{} is external, and not there", volume.name),
                       "make it there: docker volume create " + volume.name});
  for (const auto& network : networks_of(model, services))
    if (const auto there = engine.network(network.name))
      if (auto obstacle = network_obstacle(project_name_in(model), network,
                                           object_at(object_at(model, "networks"), network.key), *there))
        found.push_back(std::move(*obstacle));
  return found;
}

std::vector<std::string> used_as_they_are(const docker::Engine& engine, const json::object& model,
                                          const std::vector<std::string>& services) {
  std::vector<std::string> sentences;
  const auto say = [&](const char* kind, const ProjectResource& one, const json::object& there,
                       const std::vector<std::string>& changes) {
    if (auto sentence = used_of_other(project_name_in(model), kind, one, there); !sentence.empty())
      sentences.push_back(std::move(sentence));
    if (!changes.empty())
      sentences.push_back(fmt::format("{} {} stays as it was made, as with docker compose up: {}", kind,
                                      one.name, fmt::join(changes, "; ")));
  };
  for (const auto& network : networks_of(model, services))
    if (const auto there = engine.network(network.name))
      say("network", network, *there,
          network_changes(object_at(object_at(model, "networks"), network.key), *there));
  for (const auto& volume : volumes_of(model, services))
    if (const auto there = engine.volume(volume.name))
      say("volume", volume, *there,
          volume_changes(object_at(object_at(model, "volumes"), volume.key), *there));
  return sentences;
}

}  // namespace belay
