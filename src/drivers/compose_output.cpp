#include "drivers/compose_output.hpp"

#include <functional>
#include <string>

#include <boost/json.hpp>

#include "model/json_parts.hpp"

namespace belay::compose {

namespace json = boost::json;

namespace {

json::object* object_at(json::object& object, std::string_view key) {
  auto* found = object.if_contains(key);
  return found && found->is_object() ? &found->get_object() : nullptr;
}

json::object with_small_first_letters(const json::object& object) {
  json::object made;
  for (const auto& [key, value] : object) {
    std::string name(key);
    if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z') name[0] = static_cast<char>(name[0] - 'A' + 'a');
    made.emplace(name, value);
  }
  return made;
}

void rename_device_keys(json::object& service) {
  auto* limits = object_at(service, "blkio_config");
  if (!limits) return;
  for (auto& limit : *limits)
    if (limit.value().is_array())
      for (auto& device : limit.value().get_array())
        if (device.is_object()) device = with_small_first_letters(device.get_object());
}

/// A limit of 0 is left out.
void give_limits_their_zeros(json::object& owner) {
  auto* limits = object_at(owner, "ulimits");
  if (!limits) return;
  for (auto& limit : *limits)
    if (limit.value().is_object())
      for (const char* key : {"soft", "hard"}) limit.value().get_object().emplace(key, 0);
}

/// -1, no limit, comes as a text, which is then no size.
void give_unlimited_as_number(json::object& service) {
  auto* limit = service.if_contains("memswap_limit");
  if (limit && *limit == json::value("-1")) *limit = -1;
}

/// An empty text is left out, and with it what the config is made of.
void give_configs_their_empty_text(json::object& configs) {
  for (auto& [name, config] : configs) {
    if (!config.is_object()) continue;
    auto& settings = config.get_object();
    if (!settings.contains("file") && !settings.contains("environment") && !settings.contains("external"))
      settings.emplace("content", "");
  }
}

bool is_not_required(const json::value& dependency) {
  const auto* required = dependency.is_object() ? dependency.get_object().if_contains("required") : nullptr;
  return required && required->is_bool() && !required->get_bool();
}

void drop_absent_dependencies(json::object& service, const json::object& services) {
  auto* dependencies = object_at(service, "depends_on");
  if (!dependencies) return;
  json::object kept;
  for (const auto& [name, rule] : *dependencies)
    if (services.contains(name) || !is_not_required(rule)) kept.emplace(name, rule);
  if (kept.empty())
    service.erase("depends_on");
  else
    *dependencies = std::move(kept);
}

}  // namespace

std::string with_single_dollars(std::string text) {
  for (auto at = text.find("$$"); at != std::string::npos; at = text.find("$$", at + 1)) text.erase(at, 1);
  return text;
}

json::object readable_output(const json::object& printed) {
  auto model = with_texts(printed, std::identity{}, with_single_dollars).get_object();
  if (auto* configs = object_at(model, "configs")) give_configs_their_empty_text(*configs);
  auto* services = object_at(model, "services");
  if (!services) return model;
  for (auto& service : *services) {
    if (!service.value().is_object()) continue;
    auto& settings = service.value().get_object();
    rename_device_keys(settings);
    give_limits_their_zeros(settings);
    if (auto* build = object_at(settings, "build")) give_limits_their_zeros(*build);
    give_unlimited_as_number(settings);
    drop_absent_dependencies(settings, *services);
  }
  return model;
}

}  // namespace belay::compose
