#include "config_reference_text.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/core.h>

#include "model/config_values.hpp"

namespace belay::testing {

namespace {

namespace json = boost::json;

constexpr const char* variable_pattern = "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}";

std::string range(const ConfigKey& key) {
  if (key.kind != ValueKind::duration) return fmt::format("{} to {}", key.least, key.most);
  return fmt::format("{} to {}", shown_duration(std::chrono::milliseconds(key.least)),
                     shown_duration(std::chrono::milliseconds(key.most)));
}

std::string section_type(const ConfigKey& key) {
  std::string type = "section";
  if (!key.shorthand.empty()) type += fmt::format(", or its `{}`", key.shorthand);
  if (key.may_be_list) type += key.shorthand.empty() ? ", or a list of them" : ", or a list of either";
  if (key.by_service) type += ", by service too";
  if (key.may_be_off) type += ", or `off`";
  return type;
}

std::string type_of(const ConfigKey& key) {
  switch (key.kind) {
    case ValueKind::text:
      return "text";
    case ValueKind::number:
      return "whole number, " + range(key);
    case ValueKind::duration:
      return "duration, " + range(key);
    case ValueKind::boolean:
      return "`true` or `false`";
    case ValueKind::choice: {
      std::string all;
      for (const auto& choice : choices_of(key)) all += (all.empty() ? "`" : ", `") + choice + "`";
      return key.by_service ? all + ", by service too" : all;
    }
    case ValueKind::texts:
      return "list of text";
    case ValueKind::one_or_more:
      return key.or_section ? "text, or list of text, or section" : "text, or list of text";
    case ValueKind::variables:
      return "list of variables";
    case ValueKind::numbers:
      return "whole number, " + range(key) + ", or a list of them";
    case ValueKind::texts_by_name:
      return "texts by name";
    case ValueKind::command:
      return "text, or list of words";
    case ValueKind::commands:
      return "command, or list of commands and groups";
    case ValueKind::section:
      return section_type(key);
    case ValueKind::by_registry:
      return "sections by registry";
    case ValueKind::by_path:
      return "lists of text, or sections, by path";
    case ValueKind::environments:
      return "environments by name";
  }
  return {};
}

json::object either(json::array alternatives) {
  return {{"anyOf", std::move(alternatives)}};
}
json::object or_variable(json::object type) {
  return either({std::move(type), {{"type", "string"}, {"pattern", variable_pattern}}});
}
json::object text_type() {
  return {{"type", "string"}};
}
json::object list_of(json::object item) {
  return {{"type", "array"}, {"items", std::move(item)}};
}

std::string section_of(const ConfigKey& key) {
  if (!key.keys_of.empty()) return std::string(key.keys_of);
  const bool nested = !key.section.empty() && key.section != shared_section && key.section != "environment";
  return (nested ? std::string(key.section) + "." : std::string()) + std::string(key.name);
}

json::object reference_to(const std::string& section) {
  return {{"$ref", "#/definitions/" + section}};
}

json::object unique_texts() {
  json::object type = list_of(text_type());
  type["uniqueItems"] = true;
  return type;
}

/// Of the gate: commands, and groups of them.
json::object commands_type() {
  const json::object group{{"type", "object"},
                           {"properties", {{"parallel", list_of(text_type())}}},
                           {"required", {"parallel"}},
                           {"additionalProperties", false}};
  return list_of(either({text_type(), group}));
}

json::object environments_type() {
  return {{"type", "object"},
          {"minProperties", 1},
          {"propertyNames", {{"pattern", "^[a-z0-9][a-z0-9-]{0,62}$"}}},
          {"additionalProperties", reference_to("environment")}};
}

json::object value_type(const ConfigKey& key) {
  switch (key.kind) {
    case ValueKind::text:
      return text_type();
    case ValueKind::number:
      return or_variable({{"type", "integer"}, {"minimum", key.least}, {"maximum", key.most}});
    case ValueKind::duration:
      return or_variable({{"type", "string"}, {"pattern", "^([0-9]+(d|h|ms|m|s))+$"}});
    case ValueKind::boolean:
      return or_variable({{"enum", {true, false, "on", "off", "yes", "no"}}});
    case ValueKind::choice: {
      json::array choices;
      for (const auto& choice : choices_of(key)) choices.emplace_back(choice);
      auto one = or_variable({{"enum", choices}});
      if (!key.by_service) return one;
      return either({one, {{"type", "object"}, {"additionalProperties", one}}});
    }
    case ValueKind::texts:
      return unique_texts();
    case ValueKind::one_or_more:
      if (key.or_section) return either({text_type(), unique_texts(), reference_to(section_of(key))});
      return either({text_type(), unique_texts()});
    case ValueKind::variables: {
      json::object type = list_of({{"type", "string"}, {"pattern", "^[A-Za-z_][A-Za-z0-9_]*$"}});
      type["uniqueItems"] = true;
      return type;
    }
    case ValueKind::numbers: {
      const json::object one =
          or_variable({{"type", "integer"}, {"minimum", key.least}, {"maximum", key.most}});
      return either({one, list_of(one)});
    }
    case ValueKind::texts_by_name:
      return {{"type", "object"}, {"additionalProperties", {{"type", {"string", "number", "boolean"}}}}};
    case ValueKind::command:
      return either({text_type(), list_of(text_type())});
    case ValueKind::commands:
      return either({text_type(), commands_type()});
    case ValueKind::section: {
      json::array forms{reference_to(section_of(key))};
      if (!key.shorthand.empty()) forms.push_back(text_type());
      if (const auto* meant = config_key(section_of(key), key.shorthand);
          meant != nullptr && meant->kind == ValueKind::commands)
        forms.push_back(commands_type());
      if (key.may_be_list)
        forms.push_back(list_of(key.shorthand.empty()
                                    ? reference_to(section_of(key))
                                    : either({text_type(), reference_to(section_of(key))})));
      if (key.may_be_off) forms.push_back(json::object{{"enum", {"off", "no", false}}});
      return forms.size() == 1 ? json::object{{"allOf", forms}} : either(forms);
    }
    case ValueKind::by_registry:
      return {{"type", "object"}, {"additionalProperties", reference_to(section_of(key))}};
    case ValueKind::by_path:
      return {{"type", "object"},
              {"additionalProperties", either({reference_to(section_of(key)), list_of(text_type())})}};
    case ValueKind::environments:
      return environments_type();
  }
  return {};
}

bool has_key(std::string_view section, const ConfigKey& key) {
  const bool takes_shared = section.empty() || section == "environment";
  return key.section == section || (takes_shared && key.section == shared_section);
}

/// Keys of sections that an environment and the top level share may stand in either: no schema can ask for
/// them.
bool can_be_asked_for(const ConfigKey& key) {
  return key.required &&
         (key.section.empty() || key.section == "environment" || key.section.starts_with("on"));
}

json::object section_type_object(std::string_view section) {
  json::object properties;
  json::array required;
  for (const ConfigKey& key : config_keys()) {
    if (!has_key(section, key)) continue;
    json::object type = value_type(key);
    std::string description(key.meaning);
    if (!key.fallback.empty()) description += fmt::format(" Default: {}.", key.fallback);
    type["description"] = description;
    properties[key.name] = std::move(type);
    if (can_be_asked_for(key)) required.emplace_back(key.name);
  }
  json::object made{
      {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
  // Any other name is a service's, with a section of this kind.
  if (const ConfigKey* own = config_key(shared_section, section); own != nullptr && own->by_service)
    made["additionalProperties"] = reference_to(std::string(section));
  if (!required.empty()) made["required"] = std::move(required);
  return made;
}

/// Boost.JSON writes one line; people read this file.
void write_indented(std::string& out, const json::value& value, const std::string& indent) {
  const std::string deeper = indent + "  ";
  const auto begin_item = [&, first = true]() mutable {
    out += (first ? "\n" : ",\n") + deeper;
    first = false;
  };
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += "{";
    auto begin = begin_item;
    for (const auto& [name, item] : *object) {
      begin();
      out += json::serialize(json::value(name)) + ": ";
      write_indented(out, item, deeper);
    }
    out += "\n" + indent + "}";
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    out += "[";
    auto begin = begin_item;
    for (const auto& item : *array) {
      begin();
      write_indented(out, item, deeper);
    }
    out += "\n" + indent + "]";
  } else {
    out += json::serialize(value);
  }
}

/// The section a section's key stands in, and the key's name there.
std::pair<std::string, std::string> parent_of(const std::string& section) {
  if (section == "hook") return {"hooks", "after_switch"};  // one of several with these keys
  const auto dot = section.rfind('.');
  if (dot != std::string::npos) return {section.substr(0, dot), section.substr(dot + 1)};
  const bool shared = config_key(shared_section, section) != nullptr;
  return {std::string(shared ? shared_section : "environment"), section};
}

std::string value_in(const std::string& section, std::string_view name, std::string_view value) {
  const bool in_environment = section == shared_section || section == "environment";
  std::string entries = fmt::format("{}: {}", name, value);
  for (const ConfigKey& key : config_keys()) {
    const bool beside = in_environment ? key.section == shared_section || key.section == "environment"
                                       : key.section == section;
    if (beside && key.required && key.name != name) {
      const bool holds_environment = key.kind == ValueKind::environments;
      entries += fmt::format(
          ", {}: {}", key.name,
          holds_environment ? "{ production: { host: local, path: /srv/a, services: [w] } }" : key.example);
    }
  }
  if (section.empty()) return "{ " + entries + " }\n";
  if (in_environment) return value_in("", "environments", "{ production: { " + entries + " } }");
  const auto [parent, own_name] = parent_of(section);
  const auto* own = config_key(parent, own_name);
  const auto kind = own != nullptr ? own->kind : ValueKind::section;
  if (kind == ValueKind::by_registry) return value_in(parent, own_name, "{ ghcr.io: { " + entries + " } }");
  if (kind == ValueKind::by_path) return value_in(parent, own_name, "{ .env: { " + entries + " } }");
  return value_in(parent, own_name, "{ " + entries + " }");
}

}  // namespace

std::string key_table(std::string_view section) {
  std::string table = "| key | value | default | meaning | example |\n|---|---|---|---|---|\n";
  for (const ConfigKey& key : config_keys()) {
    if (key.section != section) continue;
    const std::string fallback = key.required ? "required" : std::string(key.fallback);
    table += fmt::format("| `{}` | {} | {} | {} | `{}` |\n", key.name, type_of(key), fallback, key.meaning,
                         key.example);
  }
  return table;
}

std::string schema() {
  json::object definitions{{"environment", section_type_object("environment")}};
  for (const ConfigKey& key : config_keys())
    if (key.kind == ValueKind::section || key.kind == ValueKind::by_registry ||
        key.kind == ValueKind::by_path || key.or_section)
      definitions[section_of(key)] = section_type_object(section_of(key));
  json::object whole{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "belay.yml"}};
  for (const auto& [name, value] : section_type_object("")) whole[name] = value;
  whole["definitions"] = std::move(definitions);
  std::string text;
  write_indented(text, whole, "");
  return text + "\n";
}

std::string file_with(const ConfigKey& key, std::string_view value) {
  if (key.section.empty() && key.kind == ValueKind::environments) {
    std::string services = "services: [w], ";
    return value_in("", key.name, value).insert(2, services);
  }
  // What lies on the host holds services of others, too.
  if (key.section == "compose")
    return value_in(std::string(shared_section), "compose",
                    fmt::format("{{ {}: {} }}, services: [w]", key.name, value));
  // Paths need a branch or tag beside them.
  if (key.section == "on.push" && key.name.starts_with("paths"))
    return value_in(std::string(key.section), key.name, std::string(value) + ", branches: [main]");
  // A file says what comes into it.
  if (key.section == "env_file" && key.name == "owned")
    return value_in(std::string(key.section), key.name, std::string(value) + ", lines: [A]");
  // A hook says where it runs.
  if (key.section == "hook" && key.name != "in" && key.name != "on")
    return value_in("hook", key.name, std::string(value) + ", on: host");
  // A target says what it is.
  if (key.section == "notify" && key.name == "on")
    return value_in("notify", "on", std::string(value) + ", webhook: \"https://a.example\"");
  // Gitea is always a server of one's own.
  if (key.section == "notify.commit_status" && key.name == "at")
    return value_in(std::string(key.section), key.name,
                    std::string(value) + ", api: \"https://git.example.com/api/v1\"");
  // Without TLS mail stays on this machine.
  if (key.section == "notify.mail" && key.name == "tls")
    return value_in(
        "notify", "mail",
        fmt::format("{{ tls: {}, server: localhost, from: a@b.example, to: c@d.example }}", value));
  // A user needs a password, and a password a user.
  if (key.section == "notify.mail" && key.name == "user")
    return value_in("notify.mail", key.name, std::string(value) + ", password: \"${P}\"");
  if (key.section == "notify.mail" && key.name == "password")
    return value_in("notify.mail", key.name, std::string(value) + ", user: belay");
  // A password is refused without its user.
  if (key.section == "health" && key.name == "password")
    return value_in(std::string(key.section), key.name, std::string(value) + ", user: monitor");
  return value_in(std::string(key.section), key.name, value);
}

}  // namespace belay::testing
