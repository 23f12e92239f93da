#include "host/project_look.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/obstacles.hpp"
#include "runtime/ownership.hpp"
#include "runtime/release_project.hpp"
#include "runtime/resource_changes.hpp"

namespace belay {

namespace {

constexpr auto compose_time = std::chrono::seconds(60);

/// A path of the caller's that could lead out of the directory is refused.
void lay_down(const std::map<std::string, std::string>& files, const fs::path& source) {
  make_directories(source);
  for (const auto& [name, text] : files) {
    const auto path = fs::path(name).lexically_normal();
    if (path.is_absolute() || path.empty() || *path.begin() == "..")
      throw Error("the file " + name + " lies outside of the source", {}, {}, ExitCode::bad_input);
    make_directories((source / path).parent_path());
    write_file_atomically(source / path, text);
  }
}

/// Files that only the server has, and that a Dockerfile names: by hand they are in the build context.
std::vector<std::string> wanted_by_dockerfiles(const std::map<std::string, std::string>& files,
                                               const fs::path& live, const std::vector<std::string>& with) {
  std::vector<std::string> sentences;
  if (!fs::is_directory(live)) return sentences;
  for (const auto& [name, text] : files) {
    if (!fs::path(name).filename().string().contains("Dockerfile")) continue;
    for (const auto& entry : fs::directory_iterator(live)) {
      const auto only_there = entry.path().filename().string();
      if (files.contains(only_there) || !entry.is_regular_file() || !text.contains(only_there)) continue;
      if (std::ranges::find(with, only_there) == with.end() && !fs::exists(live / name / only_there))
        sentences.push_back(
            fmt::format("{} names {}, which only the server has: it is not in the build context unless "
                        "belay.yml says build: {{ with: [{}] }}",
                        name, only_there, only_there));
    }
  }
  return sentences;
}

void look(ProjectLook& found, const docker::Engine& engine, const Layout& layout, ReleaseProject& project,
          const EnvironmentConfig& environment, const std::stop_token& stop) {
  auto& facts = found.facts;
  const auto model = project.resolved(stop, Deadline::in(compose_time), [&](const std::string& line) {
    facts.warnings.push_back(project.view().put_back(line));
  });
  facts.name = project_name_in(model);
  for (const auto& file : project.files())
    facts.files.push_back(file.lexically_relative(layout.live).string());
  facts.services = services_to_release(model, environment);
  facts.ports = published_ports(model, facts.services);
  const Ownership ours(engine, facts.name, layout, project.directory());
  facts.obstacles = obstacles_to(engine, ours, model, facts.services);
  for (auto& line : kept_definitions(engine, model, facts.services))
    facts.warnings.push_back(std::move(line));
  for (const auto& service : facts.services)
    for (auto& container : ours.containers(service)) found.containers.push_back(std::move(container));
}

}  // namespace

ProjectLook look_at_project(const docker::Engine& engine, const Layout& layout,
                            const EnvironmentConfig& environment,
                            const std::map<std::string, std::string>& files, std::stop_token stop) {
  const TemporaryDirectory here("belay-look-");
  const ProjectPlace place{layout.live, here.path() / "source", here.path() / "view", here.path()};
  lay_down(files, place.source);
  ReleaseProject project(place, environment);
  project.view().make();
  ProjectLook found;
  found.facts.warnings = wanted_by_dockerfiles(files, layout.live, environment.build.with);
  try {
    look(found, engine, layout, project, environment, stop);
  } catch (const Error& error) {
    // What is asked for is precisely whether it can be released.
    found.facts.problem = project.view().put_back(error.message_and_why());
    found.facts.next = error.next();
  }
  return found;
}

}  // namespace belay
