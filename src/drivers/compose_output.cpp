#include "drivers/compose_output.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <sstream>
#include <string>

#include <boost/json.hpp>

#include "base/error.hpp"
#include "model/json_parts.hpp"
#include "model/yaml.hpp"

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

template <class Number>
std::optional<json::value> number_in(std::string_view text) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) return {};
  return json::value(number);
}

/// Compose puts a text that looks like something else into quotes.
json::value scalar_in(const YamlNode& node) {
  if (node.is_null()) return nullptr;
  if (!node.plain) return json::value(node.text);
  if (node.text == "true" || node.text == "false") return node.text == "true";
  if (auto whole = number_in<std::int64_t>(node.text)) return *whole;
  if (auto broken = number_in<double>(node.text)) return *broken;
  return json::value(node.text);
}

json::value value_of(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::scalar) return scalar_in(node);
  if (node.kind == YamlNode::Kind::sequence) {
    json::array items;
    for (const auto& item : node.items) items.push_back(value_of(item));
    return items;
  }
  json::object object;
  for (const auto& entry : node.entries) object.emplace(entry.key, value_of(entry.value));
  return object;
}

/// "deploy: /keys/deploy" is printed, and "deploy=/keys/deploy" is read.
void name_keys_as_read(json::object& service) {
  auto* build = object_at(service, "build");
  auto* keys = build ? build->if_contains("ssh") : nullptr;
  if (!keys || !keys->is_array()) return;
  for (auto& key : keys->get_array())
    if (key.is_string())
      if (const auto colon = key.get_string().find(": "); colon != json::string::npos)
        key.get_string().replace(colon, 2, "=");
}

/// `time="…" level=warning msg="The \"TAG\" variable is not set."`: what it says. Another line is as it is.
std::string message_in(const std::string& line) {
  constexpr std::string_view mark = " msg=";
  const auto at = line.starts_with("time=") ? line.find(mark) : std::string::npos;
  if (at == std::string::npos) return line;
  json::error_code bad;
  const auto message = json::parse(line.substr(at + mark.size()), bad);
  return bad || !message.is_string() ? line : std::string(message.get_string());
}

}  // namespace

json::object object_of_yaml(const std::string& printed) {
  const auto document = parse_foreign_yaml("what docker compose config prints", printed);
  if (!document.root || document.root->kind != YamlNode::Kind::mapping)
    throw Error("docker compose config printed no YAML that belay can read",
                document.problems.empty() ? std::string() : document.problems.front().message);
  auto object = value_of(*document.root).get_object();
  if (auto* services = object_at(object, "services"))
    for (auto& [name, service] : *services)
      if (service.is_object()) name_keys_as_read(service.get_object());
  return object;
}

std::string with_single_dollars(std::string text) {
  for (auto at = text.find("$$"); at != std::string::npos; at = text.find("$$", at + 1)) text.erase(at, 1);
  return text;
}

std::vector<std::string> warnings_in(const std::string& said) {
  std::vector<std::string> warnings;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);)
    if (auto message = message_in(line);
        !message.empty() && std::ranges::find(warnings, message) == warnings.end())
      warnings.push_back(std::move(message));
  return warnings;
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
