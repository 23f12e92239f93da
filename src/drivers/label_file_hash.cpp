#include "drivers/label_file_hash.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <boost/json.hpp>

#include "drivers/compose_output.hpp"
#include "model/json_parts.hpp"

namespace belay::compose {

namespace json = boost::json;

namespace {

/// The text of a JSON value. Numbers and escapes stay as compose wrote them, since each byte counts.
struct Member {
  std::string_view key, value;
};

std::string without_spaces(std::string_view text) {
  std::string kept;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted || (c != ' ' && c != '\n' && c != '\t' && c != '\r')) kept += c;
    if (quoted && c == '\\' && i + 1 < text.size()) kept += text[++i];
  }
  return kept;
}

/// The length of the value at the beginning of `text`, which has no spaces.
std::size_t length_of_value(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '{' || c == '[')) {
      ++depth;
    } else if (!quoted && (c == '}' || c == ']' || c == ',' || c == ':')) {
      if (depth == 0) return i;
      if (c == '}' || c == ']') --depth;
    }
  }
  return text.size();
}

/// The members of an object, in its order; none of what is no object.
std::vector<Member> members_of(std::string_view object) {
  std::vector<Member> members;
  if (!object.starts_with('{')) return members;
  object.remove_prefix(1);
  while (object.starts_with('"')) {
    const auto key = object.substr(0, length_of_value(object));
    object.remove_prefix(std::min(object.size(), key.size() + 1));
    const auto value = object.substr(0, length_of_value(object));
    object.remove_prefix(std::min(object.size(), value.size() + 1));
    members.push_back({key.substr(1, key.size() - 2), value});
  }
  return members;
}

std::optional<std::string_view> value_of(std::string_view object, std::string_view key) {
  for (const auto& member : members_of(object))
    if (member.key == key) return member.value;
  return std::nullopt;
}

void add(std::string& object, std::string_view key, std::string_view value) {
  object += object.size() > 1 ? "," : "";
  object.append("\"").append(key).append("\":").append(value);
}

std::string without(std::string_view object, std::string_view left_out) {
  std::string made = "{";
  for (const auto& [key, value] : members_of(object))
    if (key != left_out) add(made, key, value);
  return made + "}";
}

/// compose-go's order of a service's keys is that of the alphabet, but for this one.
bool comes_after_label_file(std::string_view key) {
  return key > "label_file" && key != "provider" && key != "labels";
}

}  // namespace

std::map<std::string, std::vector<std::string>> label_files_in(const json::object& printed) {
  std::map<std::string, std::vector<std::string>> found;
  for (const auto& [name, service] : object_at(printed, "services")) {
    if (!service.is_object()) continue;
    const auto files = texts_at(service.get_object(), "label_file");
    const bool known = std::ranges::none_of(files, [](const auto& file) { return file.contains('$'); });
    if (!files.empty() && known) found.emplace(name, files);
  }
  return found;
}

void keep_label_files(json::object& model, const std::map<std::string, std::vector<std::string>>& files) {
  auto* services = model.if_contains("services");
  if (!services || !services->is_object()) return;
  for (const auto& [name, names] : files)
    if (auto* service = services->get_object().if_contains(name); service && service->is_object())
      service->get_object()[label_files_key] = json::value_from(names);
}

std::map<std::string, std::vector<std::string>> kept_label_files(const json::object& model) {
  std::map<std::string, std::vector<std::string>> found;
  for (const auto& [name, service] : object_at(model, "services"))
    if (service.is_object())
      if (auto files = texts_at(service.get_object(), label_files_key); !files.empty())
        found.emplace(name, std::move(files));
  return found;
}

std::string hashed_text(std::string_view printed, std::string_view service,
                        const std::vector<std::string>& label_files) {
  static constexpr std::array uncounted{"build", "pull_policy", "scale", "depends_on", "profiles"};
  const auto text = with_single_dollars(without_spaces(printed));
  const auto found = value_of(value_of(text, "services").value_or(""), service);
  if (!found) return {};
  std::string made = "{";
  auto names = label_files.empty() ? std::string() : json::serialize(json::value_from(label_files));
  for (const auto& [key, value] : members_of(*found)) {
    if (std::ranges::find(uncounted, key) != uncounted.end()) continue;
    if (!names.empty() && comes_after_label_file(key)) add(made, "label_file", std::exchange(names, {}));
    add(made, key, key == "deploy" ? without(value, "replicas") : std::string(value));
  }
  if (!names.empty()) add(made, "label_file", names);
  return made + "}";
}

}  // namespace belay::compose
