#include "runtime/release_project.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "drivers/compose_files.hpp"
#include "drivers/compose_output.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/compose_place.hpp"

namespace belay {

namespace json = boost::json;

namespace {

bool is_default_name(const fs::path& file) {
  const auto name = file.filename();
  return name == "compose.yaml" || name == "compose.yml" || name == "docker-compose.yml" ||
         name == "docker-compose.yaml";
}

bool has_all(const json::object& model, const std::vector<std::string>& services) {
  const auto* all = model.if_contains("services");
  return std::ranges::all_of(services, [&](const std::string& service) {
    return all && all->is_object() && all->get_object().contains(service);
  });
}

}  // namespace

std::vector<std::string> named_compose_files(const EnvironmentConfig& environment) {
  const auto& named = environment.compose;
  if (named.size() == 1 && is_default_name(named.front())) return {};
  return named;
}

fs::path project_directory(const EnvironmentConfig& environment) {
  if (environment.compose.empty()) return ".";
  const auto parent = fs::path(environment.compose.front()).lexically_normal().parent_path();
  return parent.empty() ? "." : parent;
}

namespace {

/// A build may name the live directory by its whole path: this release's files are meant.
void point_builds_into_view(json::object& model, const fs::path& live, const ProjectView& view) {
  const auto point = [&](json::value* path) {
    if (path == nullptr || !path->is_string()) return;
    const fs::path named(std::string(path->get_string()));
    const auto relative = named.lexically_relative(live);
    const auto in_view = named.lexically_relative(view.of("/"));  // which may lie in the live directory
    if (*in_view.begin() == ".." && !relative.empty() && *relative.begin() != "..")
      *path = json::string((view.of(live) / relative).lexically_normal().string());
  };
  auto* services = model.if_contains("services");
  if (services == nullptr || !services->is_object()) return;
  for (auto& service : services->get_object()) {
    auto* build = service.value().is_object() ? service.value().get_object().if_contains("build") : nullptr;
    if (build == nullptr || !build->is_object()) continue;
    point(build->get_object().if_contains("context"));
    point(build->get_object().if_contains("dockerfile"));
    if (auto* more = build->get_object().if_contains("additional_contexts"); more && more->is_object())
      for (auto& one : more->get_object()) point(&one.value());
  }
}

}  // namespace

std::vector<fs::path> variable_files(const EnvironmentConfig& environment) {
  if (environment.env_files.empty()) return {(project_directory(environment) / ".env").lexically_normal()};
  return {environment.env_files.begin(), environment.env_files.end()};
}

ReleaseProject::ReleaseProject(const ProjectPlace& place, const EnvironmentConfig& environment)
    : view_(place),
      environment_(environment),
      live_(place.live),
      scratch_(place.scratch),
      directory_((place.live / project_directory(environment)).lexically_normal()) {
  if (!directory_.has_filename()) directory_ = directory_.parent_path();
}

std::vector<fs::path> ReleaseProject::files() const {
  const auto project = in_view();
  std::vector<fs::path> env_files;
  for (const auto& file : variable_files(environment_))
    env_files.push_back(view_.of((live_ / file).lexically_normal()));
  std::vector<std::string> named;
  for (const auto& file : project.files) named.push_back(file.string());
  std::vector<fs::path> files;
  for (const auto& file : compose::files_of(named, project.directory, env_files))
    files.push_back(fs::path(view_.put_back((project.directory / file).lexically_normal().string())));
  return files;
}

std::string ReleaseProject::place_in_files(const std::vector<std::string>& key) const {
  const auto read = [&](const fs::path& file) -> std::optional<std::string> {
    const auto in_view = view_.of(file);
    return fs::is_regular_file(in_view) ? read_file_if_exists(in_view) : std::nullopt;
  };
  const auto found = place_of_key(files(), key, read);
  if (!found) return {};
  const auto below_live = found->file.lexically_relative(live_);
  const bool is_below = !below_live.empty() && *below_live.begin() != "..";
  return fmt::format("{}:{}:{}", (is_below ? below_live : found->file).string(), found->at.line,
                     found->at.column);
}

compose::Project ReleaseProject::in_view() const {
  compose::Project project{
      .directory = view_.of(directory_), .name = environment_.project, .profiles = profiles_};
  for (const auto& file : named_compose_files(environment_))
    project.files.push_back(view_.of((live_ / file).lexically_normal()));
  for (const auto& file : environment_.env_files)
    project.env_files.push_back(view_.of((live_ / file).lexically_normal()));
  project.values = environment_.values;
  return project;
}

compose::Project ReleaseProject::in_view(const fs::path& model, const std::string& name) const {
  auto project = in_view();
  project.files = {model};
  project.name = name;
  return project;
}

compose::Project ReleaseProject::in_live(const fs::path& model, const std::string& name) const {
  auto project = in_view(model, name);
  project.directory = directory_;
  // The model has only what is active.
  const auto text = read_file_if_exists(model);
  if (text) project.profiles = profiles_in(json::parse(*text).as_object());
  project.env_files.clear();
  for (const auto& file : environment_.env_files)
    project.env_files.push_back((live_ / file).lexically_normal());
  return project;
}

void ReleaseProject::require_files_of_host() const {
  if (!environment_.has_compose_on_host()) return;
  for (const auto& file : environment_.compose)
    if (std::error_code unreadable; !fs::is_regular_file(file, unreadable))
      throw Error(
          fmt::format("the compose file {} is not on the host", file),
          unreadable ? unreadable.message() : std::string("`compose: { host: … }` in belay.yml names it"),
          "put it there, or correct belay.yml", ExitCode::bad_input);
}

json::object ReleaseProject::resolved(std::stop_token stop, Deadline deadline,
                                      const compose::LineSink& warn) {
  require_files_of_host();
  auto model = asked(in_view(), stop, deadline, warn);
  if (has_all(model, environment_.services)) return model;
  auto everything = in_view();
  everything.profiles = {"*"};
  const auto all = asked(everything, stop, deadline);
  for (const auto& service : environment_.services)
    std::ranges::copy(
        profiles_in(json::object{{"services", json::object{{service, service_in(all, service)}}}}),
        std::back_inserter(profiles_));
  if (profiles_.empty()) return model;
  return asked(in_view(), stop, deadline);
}

/// Compose's words name paths of the view, which is gone when they are read.
json::object ReleaseProject::asked(const compose::Project& project, std::stop_token stop, Deadline deadline,
                                   const compose::LineSink& warn) const {
  try {
    auto model = compose::resolved(project, std::move(stop), deadline, warn);
    point_builds_into_view(model, live_, view_);
    return model;
  } catch (const Error& error) {
    throw Error(view_.put_back(error.message()), view_.put_back(error.why()), view_.put_back(error.next()),
                error.exit_code());
  }
}

compose::Project ReleaseProject::in_live() const {
  auto project = in_view();
  project.directory = directory_;
  for (auto* files : {&project.files, &project.env_files})
    for (auto& file : *files) file = view_.put_back(file.string());
  return project;
}

json::object ReleaseProject::resolved_in_live(std::stop_token stop, Deadline deadline) const {
  return compose::resolved(in_live(), std::move(stop), deadline);
}

std::map<std::string, std::string> ReleaseProject::values_of(const std::set<std::string>& variables,
                                                             std::stop_token stop, Deadline deadline,
                                                             Where where) const {
  if (variables.empty()) return {};
  json::array names;
  for (const auto& variable : variables) names.emplace_back(variable);
  const json::object asked{
      {"name", "belay-values"},
      {"services", json::object{{"values", json::object{{"image", "none"}, {"environment", names}}}}}};
  const auto file = scratch_ / "values.json";
  write_file_atomically(file, json::serialize(asked));
  const auto project = where == Where::view ? in_view(file, "belay-values") : in_live(file, "belay-values");
  const auto model = compose::resolved(project, std::move(stop), deadline);
  remove_tree(file);
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : model.at("services").at("values").at("environment").as_object())
    if (value.is_string())
      values.emplace(name, compose::with_single_dollars(std::string(value.get_string())));
  return values;
}

}  // namespace belay
