#include "runtime/bound_volumes.hpp"

#include <algorithm>
#include <set>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "runtime/compose_model.hpp"

namespace belay {

namespace json = boost::json;

namespace {

const json::value* at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found && !found->is_null() ? found : nullptr;
}

std::string text_at(const json::object& object, std::string_view key) {
  const auto* found = at(object, key);
  return found && found->is_string() ? std::string(found->get_string()) : std::string{};
}

bool is_bound(const json::object& model, const std::string& key) {
  const auto* volumes = at(model, "volumes");
  const auto* volume = volumes ? at(volumes->as_object(), key) : nullptr;
  const auto* options = volume ? at(volume->as_object(), "driver_opts") : nullptr;
  return options && text_at(options->as_object(), "o") == "bind";
}

/// Where the service mounts volumes that are binds.
std::set<std::string> bound_targets(const json::object& model, const std::string& service) {
  std::set<std::string> targets;
  if (const auto* volumes = at(service_in(model, service), "volumes"))
    for (const auto& volume : volumes->as_array())
      if (text_at(volume.as_object(), "type") == "volume" &&
          is_bound(model, text_at(volume.as_object(), "source")))
        targets.insert(text_at(volume.as_object(), "target"));
  return targets;
}

bool flag_at(const json::object& object, std::string_view key) {
  const auto* found = at(object, key);
  return found && found->is_bool() && found->get_bool();
}

std::string as_bind(const json::object& mount) {
  const auto* options = at(mount, "VolumeOptions");
  return fmt::format("{}:{}:{}{}", text_at(mount, "Source"), text_at(mount, "Target"),
                     flag_at(mount, "ReadOnly") ? "ro" : "rw",
                     options && flag_at(options->as_object(), "NoCopy") ? ",nocopy" : "");
}

}  // namespace

json::object with_bound_volumes(json::object body, const json::object& model, const std::string& service) {
  const auto targets = bound_targets(model, service);
  auto* host = body.if_contains("HostConfig");
  auto* mounts = host && !targets.empty() ? host->as_object().if_contains("Mounts") : nullptr;
  if (!mounts || !mounts->is_array()) return body;
  json::array kept, binds;
  for (auto& mount : mounts->get_array())
    if (targets.contains(text_at(mount.as_object(), "Target")))
      binds.emplace_back(as_bind(mount.as_object()));
    else
      kept.push_back(std::move(mount));
  if (kept.empty())
    host->as_object().erase("Mounts");
  else
    *mounts = std::move(kept);
  auto& all = host->as_object()["Binds"];
  if (!all.is_array()) all = json::array{};
  all.get_array().insert(all.get_array().end(), binds.begin(), binds.end());
  return body;
}

}  // namespace belay
