#include "runtime/release_project.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "drivers/compose_files.hpp"
#include "drivers/compose_output.hpp"
#include "runtime/compose_model.hpp"

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
  auto env_files = project.env_files;
  if (env_files.empty()) env_files.push_back(project.directory / ".env");
  std::vector<std::string> named;
  for (const auto& file : project.files) named.push_back(file.string());
  std::vector<fs::path> files;
  for (const auto& file : compose::files_of(named, project.directory, env_files))
    files.push_back(fs::path(view_.put_back((project.directory / file).lexically_normal().string())));
  return files;
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

json::object ReleaseProject::resolved(std::stop_token stop, Deadline deadline,
                                      const compose::LineSink& warn) {
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
    return compose::resolved(project, std::move(stop), deadline, warn);
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
