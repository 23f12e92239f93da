#include "drivers/compose_files.hpp"

#include <array>
#include <optional>
#include <sstream>
#include <string_view>

#include "base/files.hpp"

namespace belay::compose {

namespace {

constexpr std::array main_names{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"};
constexpr std::array override_names{"compose.override.yml", "compose.override.yaml",
                                    "docker-compose.override.yml", "docker-compose.override.yaml"};

template <class Names>
std::optional<std::string> first_there(const fs::path& directory, const Names& names) {
  for (const auto* name : names)
    if (fs::is_regular_file(directory / name)) return name;
  return std::nullopt;
}

std::vector<std::string> found_in(const fs::path& directory) {
  const auto main = first_there(directory, main_names);
  if (!main) return {};
  std::vector<std::string> files{*main};
  if (const auto over = first_there(directory, override_names)) files.push_back(*over);
  return files;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// `NAME=value`, `export NAME="value"`, `NAME=value # said why`; the last in the file counts.
std::optional<std::string> variable_in(const std::string& env_text, std::string_view name) {
  std::optional<std::string> found;
  std::istringstream lines(env_text);
  for (std::string line; std::getline(lines, line);) {
    auto rest = trimmed(line);
    if (rest.starts_with("export ")) rest = trimmed(rest.substr(7));
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos || trimmed(rest.substr(0, equals)) != name) continue;
    auto value = trimmed(rest.substr(equals + 1));
    const bool quoted = value.starts_with('"') || value.starts_with('\'');
    if (quoted)
      value = value.substr(1, value.find(value.front(), 1) - 1);
    else
      value = trimmed(value.substr(0, value.find(" #")));
    found = std::string(value);
  }
  return found;
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(separator, at), text.size());
    if (end > at) parts.push_back(text.substr(at, end - at));
    at = end + separator.size();
  }
  return parts;
}

}  // namespace

std::vector<std::string> files_of(const std::vector<std::string>& named, const fs::path& source,
                                  const std::vector<fs::path>& env_files) {
  if (!named.empty()) return named;
  std::optional<std::string> files, separator;
  for (const auto& env_file : env_files)
    if (const auto text = read_file_if_exists(env_file)) {
      if (auto said = variable_in(*text, "COMPOSE_FILE")) files = std::move(said);
      if (auto said = variable_in(*text, "COMPOSE_PATH_SEPARATOR")) separator = std::move(said);
    }
  if (files && !files->empty())
    return split(*files, separator && !separator->empty() ? *separator : std::string(":"));
  return found_in(source);
}

std::string main_file_of(const std::vector<std::string>& named, const fs::path& source,
                         const std::vector<fs::path>& env_files) {
  const auto files = files_of(named, source, env_files);
  return files.empty() ? main_names.front() : files.front();
}

std::string shown_files(const std::vector<std::string>& files) {
  if (files.empty()) return "compose.yaml, compose.yml, docker-compose.yml or docker-compose.yaml";
  std::string shown;
  for (const auto& file : files) shown += (shown.empty() ? "" : ", ") + file;
  return shown;
}

}  // namespace belay::compose
