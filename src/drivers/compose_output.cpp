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
  auto* services = object_at(model, "services");
  if (!services) return model;
  for (auto& service : *services) {
    if (!service.value().is_object()) continue;
    rename_device_keys(service.value().get_object());
    drop_absent_dependencies(service.value().get_object(), *services);
  }
  return model;
}

}  // namespace belay::compose
