#include "model/hook.hpp"

#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "model/hook_json.hpp"
#include "model/json_archive.hpp"

namespace belay {

namespace {
constexpr std::string_view errand = "hook ";
}

std::string Hook::shown_command() const {
  std::string text = command;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  std::ranges::replace(text, '\n', ' ');
  return text;
}

std::string Hook::place() const {
  switch (where) {
    case Where::container:
      return "in " + service;
    case Where::host:
      return "on the host";
    case Where::controller:
      break;
  }
  return "where belay was started";
}

std::string Hook::shown() const {
  return place() + ": " + shown_command();
}

std::vector<std::string> Hook::missing(const Values& values) const {
  auto names = variables_in(command);
  std::erase_if(names, [&](const std::string& name) { return values.contains(name); });
  return names;
}

bool is_before_commit(Hook::At at) {
  return at == Hook::At::before_backup || at == Hook::At::before_switch || at == Hook::At::after_switch;
}

std::vector<Hook> hooks_at(const std::vector<Hook>& all, Hook::At at) {
  std::vector<Hook> found;
  std::ranges::copy_if(all, std::back_inserter(found), [&](const Hook& hook) { return hook.at == at; });
  return found;
}

std::string errand_of_hook(Hook::At at, std::size_t number) {
  return fmt::format("{}{} {}", errand, name_of(at), number);
}

bool is_errand_of_hook(std::string_view what) {
  return what.starts_with(errand);
}

std::optional<Hook> hook_of_errand(const std::vector<Hook>& own, std::string_view what) {
  for (const auto at : all_hook_points) {
    std::size_t number = 0;
    for (auto& hook : hooks_at(own, at))
      if (what == errand_of_hook(at, ++number) && hook.where == Hook::Where::controller)
        return std::move(hook);
  }
  return std::nullopt;
}

std::string hook_environment_to_text(const Values& environment) {
  return boost::json::serialize(JsonWriter::json_of(environment));
}

Values hook_environment_from_text(const std::string& text) {
  constexpr std::size_t most_values = 100;
  Values environment;
  for (const auto& [name, value] :
       json_archive::parse_foreign_object(text, "the environment of a hook", most_values))
    if (value.is_string() &&
        std::ranges::find(hook_variables, std::string_view(name)) != std::end(hook_variables))
      environment.emplace(name, value.get_string());
  return environment;
}

}  // namespace belay
