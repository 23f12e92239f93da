#include "runtime/bound_volumes.hpp"

#include <algorithm>
#include <set>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "model/json_parts.hpp"
#include "runtime/compose_model.hpp"

namespace belay {

namespace json = boost::json;

namespace {

bool is_bound(const json::object& model, const std::string& key) {
  return text_at(object_at(object_at(object_at(model, "volumes"), key), "driver_opts"), "o") == "bind";
}

/// Where the service mounts volumes that are binds.
std::set<std::string> bound_targets(const json::object& model, const std::string& service) {
  std::set<std::string> targets;
  for (const auto& volume : array_at(service_in(model, service), "volumes"))
    if (text_at(volume.as_object(), "type") == "volume" &&
        is_bound(model, text_at(volume.as_object(), "source")))
      targets.insert(text_at(volume.as_object(), "target"));
  return targets;
}

std::string as_bind(const json::object& mount) {
  return fmt::format("{}:{}:{}{}", text_at(mount, "Source"), text_at(mount, "Target"),
                     flag_at(mount, "ReadOnly") ? "ro" : "rw",
                     flag_at(object_at(mount, "VolumeOptions"), "NoCopy") ? ",nocopy" : "");
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
