#include "drivers/compose_output.hpp"

#include <string>

#include <boost/json.hpp>

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

}  // namespace

json::object readable_output(json::object model) {
  auto* services = object_at(model, "services");
  if (!services) return model;
  for (auto& service : *services) {
    auto* limits =
        service.value().is_object() ? object_at(service.value().get_object(), "blkio_config") : nullptr;
    if (!limits) continue;
    for (auto& limit : *limits)
      if (limit.value().is_array())
        for (auto& device : limit.value().get_array())
          if (device.is_object()) device = with_small_first_letters(device.get_object());
  }
  return model;
}

}  // namespace belay::compose
