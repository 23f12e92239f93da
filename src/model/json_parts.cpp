#include "model/json_parts.hpp"

namespace belay {

namespace json = boost::json;

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

bool flag_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const json::object& object_at(const json::object& object, std::string_view key) {
  static const json::object none;
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : none;
}

const json::array& array_at(const json::object& object, std::string_view key) {
  static const json::array none;
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

const json::value& value_at(const json::object& object, std::string_view key) {
  static const json::value none;
  const json::value* value = object.if_contains(key);
  return value != nullptr ? *value : none;
}

std::vector<std::string> texts_at(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  for (const auto& item : array_at(object, key))
    if (item.is_string()) texts.emplace_back(item.get_string());
  return texts;
}

std::map<std::string, std::string> texts_in(const json::object& object) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : object)
    if (value.is_string()) texts.emplace(key, value.get_string());
  return texts;
}

json::value with_texts(const json::value& value, const ChangeText& change, const ChangeText& change_key) {
  if (value.is_string()) return json::string(change(std::string(value.get_string())));
  if (value.is_array()) {
    json::array items;
    for (const auto& item : value.get_array()) items.push_back(with_texts(item, change, change_key));
    return items;
  }
  if (!value.is_object()) return value;
  json::object members;
  for (const auto& [key, member] : value.get_object())
    members[change_key(std::string(key))] = with_texts(member, change, change_key);
  return members;
}

}  // namespace belay
