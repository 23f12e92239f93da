#include "host/project_look.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "edge/container.hpp"
#include "release/live_files.hpp"
#include "release/release_store.hpp"
#include "runtime/accessories.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/edge_fit.hpp"
#include "runtime/obstacles.hpp"
#include "runtime/orphans.hpp"
#include "runtime/ownership.hpp"
#include "runtime/release_project.hpp"
#include "runtime/resource_changes.hpp"
#include "saga/past_switches.hpp"
#include "steps/env_files.hpp"
#include "steps/live_directory.hpp"

namespace belay {

namespace {

namespace json = boost::json;

constexpr auto compose_time = std::chrono::seconds(60);
constexpr std::size_t shown_switches = 3;

struct ProjectQuestion {
  const EnvironmentConfig& environment;
  const ShippedFiles& files;
  std::stop_token stop;
};

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

/// Words of its instructions that could name a file of the build context: "/app/.env" may be app/.env, or
/// .env that was copied there.
std::set<std::string> named_by(const std::string& dockerfile) {
  constexpr std::string_view separators = " \t\r\"',[]\\;&|()<>=";
  std::set<std::string> names;
  std::istringstream lines(dockerfile);
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos || line[begin] == '#') continue;
    for (std::size_t at = line.find_first_not_of(separators); at != std::string::npos;) {
      const auto end = std::min(line.find_first_of(separators, at), line.size());
      const auto path = fs::path("/" + line.substr(at, end - at)).lexically_normal();
      names.insert({path.relative_path().string(), path.filename().string()});
      at = line.find_first_not_of(separators, end);
    }
  }
  names.erase("");
  return names;
}

/// Files of the live directory that a Dockerfile names, and that are not among these.
std::vector<WantedFile> wanted_by_dockerfiles(const std::map<std::string, std::string>& files,
                                              const fs::path& live, const std::vector<std::string>& with) {
  std::vector<WantedFile> wanted;
  for (const auto& [name, text] : files) {
    if (!fs::path(name).filename().string().contains("Dockerfile")) continue;
    for (const auto& named : named_by(text))
      if (!files.contains(named) && fs::is_regular_file(live / named) &&
          std::ranges::find(with, named) == with.end())
        wanted.push_back({name, named});
  }
  return wanted;
}

/// The question that a deployment asks of the whole release, asked of these files alone: which of them would
/// come in the place of another content. What a container may write to counts as long as it is as the release
/// that serves brought it.
std::vector<std::string> files_to_change(const Layout& layout, const std::map<std::string, std::string>& ids,
                                         const std::vector<BoundPath>& bound) {
  std::vector<std::string> changed;
  const auto before = layout.source(ReleaseStore(layout).current());
  for (const auto& [path, id] : ids) {
    const auto live = layout.live / path;
    std::error_code unreadable;
    const auto kind = fs::symlink_status(live, unreadable).type();
    if (kind == fs::file_type::not_found) changed.push_back(path);
    if (kind != fs::file_type::regular || git_blob_id(live) == id) continue;
    const bool writable = std::ranges::any_of(bound, [&](const BoundPath& one) {
      return one.writable && (live.string() + "/").starts_with(one.host + "/");
    });
    if (!writable || same_file(live, before / path)) changed.push_back(path);
  }
  return changed;
}

ServiceHashes hashes_of(const ReleaseProject& project, const Ownership& ours, const json::object& model,
                        const std::stop_token& stop) {
  if (!fs::is_directory(project.directory())) return {};
  const TemporaryDirectory here("belay-hashes-");
  const auto file = here.path() / "compose.json";
  write_file_atomically(file, json::serialize(readable_again(model)));
  return compose::service_hashes(project.in_live(file, ours.project()), stop, Deadline::in(compose_time),
                                 compose::Reading::as_it_is);
}

/// What goes on running otherwise than the release says. Behind an edge all released services are made anew.
void what_stays_behind(ProjectFacts& facts, const docker::Engine& engine, const Layout& layout,
                       const ReleaseProject& project, const Ownership& ours, const json::object& in_view,
                       const ProjectQuestion& asked, bool edge_there) {
  const auto model = project.view().put_back(in_view).as_object();
  std::optional<ServiceHashes> hashes;  // asked of compose once, and only where they are needed
  const AccessoryComparison comparison{
      .environment = asked.environment.name,
      .live = layout.live,
      .hashes =
          [&] {
            if (!hashes) hashes = hashes_of(project, ours, model, asked.stop);
            return *hashes;
          },
      .changed = [&] { return files_to_change(layout, asked.files.ids, bound_paths(model)); }};
  facts.accessories = stale_accessories(engine, ours, model, facts.services, comparison);
  if (!asked.environment.edge && !edge_there)
    facts.old_files = services_with_old_files(engine, ours, model, facts.services, comparison);
}

std::vector<ServiceGap> gaps_of(const ProjectFacts& facts, const Ownership& ours, const json::object& model,
                                const EnvironmentConfig& environment, bool edge_there) {
  std::vector<ServiceGap> gaps;
  for (const auto& service : facts.services) {
    const bool runs = std::ranges::any_of(ours.containers(service), &docker::Container::running);
    gaps.push_back(
        {service, kind_of_gap(environment, service, runs, edge_there), published_ports(model, {service})});
  }
  return gaps;
}

/// What the release before brought; empty: nothing tells.
fs::path brought_before(const Layout& layout) {
  const ReleaseStore store(layout);
  const auto current = store.find(store.current());
  if (!current || current->origin != Release::Origin::deployed) return {};
  const auto source = layout.source(current->id);
  return fs::is_directory(source) ? source : fs::path();
}

bool is_regular(const fs::path& path) {
  std::error_code unreadable;
  return fs::symlink_status(path, unreadable).type() == fs::file_type::regular;
}

/// Not by way of a symlink: what lies behind one is the server's.
bool is_regular_in(const fs::path& directory, const fs::path& path) {
  for (fs::path way; const auto& name : path.parent_path())
    if (std::error_code unreadable;
        fs::symlink_status(directory / (way /= name), unreadable).type() != fs::file_type::directory)
      return false;
  return is_regular(directory / path);
}

bool is_written(const std::string& path, const std::vector<std::string>& written) {
  return std::ranges::any_of(
      written, [&](const std::string& one) { return one == "." || (path + "/").starts_with(one + "/"); });
}

/// The question that a deployment asks when the source has arrived.
std::vector<LiveFile> variables_in_question(const Layout& layout, const EnvironmentConfig& environment,
                                            const std::map<std::string, std::string>& texts) {
  std::vector<LiveFile> found;
  const auto before = brought_before(layout);
  for (const auto& file : variable_files(environment)) {
    const auto name = file.lexically_normal().string();
    const auto live = layout.live / name;
    const auto text = texts.find(name);
    if (text == texts.end() || !is_regular(live) || read_file_if_exists(live) == text->second) continue;
    if (!before.empty() && same_file(live, before / name)) continue;
    found.push_back({name, git_blob_id(live)});
  }
  return found;
}

void look(ProjectLook& found, const docker::Engine& engine, const Layout& layout, ReleaseProject& project,
          const ProjectQuestion& asked) {
  const auto& [environment, files, stop] = asked;
  auto& facts = found.facts;
  const auto model = project.resolved(stop, Deadline::in(compose_time), [&](const std::string& line) {
    facts.warnings.push_back(project.view().put_back(line));
  });
  facts.name = project_name_in(model);
  for (const auto& file : project.files())
    facts.files.push_back(environment.has_compose_on_host() ? file.string()
                                                            : file.lexically_relative(layout.live).string());
  facts.services = services_to_release(model, environment);
  facts.builds =
      std::ranges::any_of(facts.services, [&](const std::string& one) { return is_built(model, one); });
  facts.ports = published_ports(model, facts.services);
  const Ownership ours(engine, facts.name, layout, project.directory());
  facts.obstacles = obstacles_to_release(engine, ours, project, environment, model, facts.services);
  if (environment.edge)
    for (auto& obstacle : nothing_for_edge(engine, ours, model, facts.services))
      facts.obstacles.push_back(std::move(obstacle));
  for (auto& line : used_as_they_are(engine, model, facts.services))
    facts.warnings.push_back(std::move(line));
  const bool edge_there = !edges_of(engine, facts.name).empty();
  facts.gaps = gaps_of(facts, ours, model, environment, edge_there);
  facts.switches = past_switches(layout, environment, shown_switches);
  const ReleaseStore store(layout);
  for (auto& line : orphans(ours, model, store.find(store.current())))
    facts.warnings.push_back(std::move(line));
  what_stays_behind(facts, engine, layout, project, ours, model, asked, edge_there);
  for (const auto& service : facts.services)
    for (auto& container : ours.containers(service)) found.containers.push_back(std::move(container));
}

}  // namespace

ProjectLook look_at_project(const docker::Engine& engine, const Layout& layout,
                            const EnvironmentConfig& environment, const ShippedFiles& files,
                            std::stop_token stop) {
  const TemporaryDirectory here("belay-look-");
  const ProjectPlace place{layout.live, here.path() / "source", here.path() / "view", here.path(),
                           here.path() / "env"};
  lay_down(files.texts, place.source);
  lay_out_env_files(layout, environment, ReleaseStore(layout).current(), place.env);
  ReleaseProject project(place, environment);
  project.view().make();
  ProjectLook found;
  found.facts.variables = variables_in_question(layout, environment, files.texts);
  found.facts.wanted = wanted_by_dockerfiles(files.texts, layout.live, environment.build.with);
  try {
    look(found, engine, layout, project, {environment, files, stop});
  } catch (const Error& error) {
    // What is asked for is precisely whether it can be released.
    found.facts.problem = project.view().put_back(error.message_and_why());
    found.facts.next = error.next();
  }
  return found;
}

std::vector<std::string> edited_on_server(const Layout& layout,
                                          const std::map<std::string, std::string>& ids) {
  const auto before = brought_before(layout);
  if (before.empty()) return {};
  // What the release to come leaves unchanged: as if the release that serves were published again.
  PublicationRules rules{.live = layout.live, .source = before, .before = before};
  if (const auto text = read_file_if_exists(layout.compose_model(ReleaseStore(layout).current())))
    rules.written = written_by_containers(layout.live, json::parse(*text).as_object());
  std::set<std::string> edited;
  for (const auto& change : plan_publication(rules).changes)
    if (change.replaces_edits) edited.insert(change.path);
  for (const auto& [path, id] : ids) {
    if (!is_regular_in(layout.live, path)) continue;
    if (git_blob_id(layout.live / path) == id)
      edited.erase(path);
    else if (!is_regular_in(before, path) && !is_written(path, rules.written))
      edited.insert(path);
  }
  return {edited.begin(), edited.end()};
}

}  // namespace belay
