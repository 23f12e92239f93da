#include "control/host_questions.hpp"

#include <algorithm>
#include <chrono>
#include <set>

#include <boost/json/object.hpp>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "control/compose_inputs.hpp"
#include "drivers/git.hpp"
#include "model/config_json.hpp"
#include "model/json_parts.hpp"

namespace belay {

namespace {

std::set<std::string> paths_of(const std::vector<std::string>& hidden) {
  std::set<std::string> paths;
  for (const auto& one : hidden) paths.insert(one.substr(0, one.rfind(" (excluded by ")));
  return paths;
}

/// The host asks for files of variables that no release brought; the repository here knows what was
/// committed. Those that stay keep the project from being released.
void judge_variables(ProjectFacts& project, const EnvironmentConfig& environment, const Shipped& shipped,
                     std::stop_token stop) {
  if (project.variables.empty()) return;
  std::string ids;
  for (const auto& one : project.variables) ids += one.id + "\n";
  const auto known = shipped.repository ? git::known_blobs(*shipped.repository, ids, std::move(stop)) : "";
  std::erase_if(project.variables, [&](const LiveFile& one) { return known.contains(one.id + "\n"); });
  for (const auto& one : project.variables)
    project.obstacles.push_back(own_variables(environment.path.string(), one.file));
}

}  // namespace

namespace {

/// The values that compose cannot do without: those of the files of variables that belay writes.
boost::json::object values_of_env_files(const EnvironmentConfig& environment) {
  boost::json::object values;
  for (const auto& file : environment.env_file)
    for (const auto& name : file.missing({}))
      if (const auto value = environment.variables.find(name); value != environment.variables.end())
        values[name] = value->second;
  return values;
}

}  // namespace

HostFacts ask_facts(Session& session, const EnvironmentConfig& environment, const Shipped& shipped,
                    std::stop_token stop) {
  const auto& source = shipped.source;
  const auto inputs = source.empty() ? ComposeInputs{} : compose_inputs_of(source, paths_of(shipped.hidden));
  boost::json::object files, ids;
  for (const auto& [path, text] : inputs.texts) files[path] = text;
  for (const auto& [path, id] : inputs.ids) ids[path] = id;
  boost::json::object arguments{
      {"environment", object_of(environment)}, {"files", std::move(files)}, {"ids", std::move(ids)}};
  if (!environment.env_file.empty()) arguments["variables"] = values_of_env_files(environment);
  if (const auto& backup = environment.backup) {
    arguments["backup_container"] = backup->container;
    arguments["backup_user"] = backup->user;
    arguments["backup_database"] = backup->database;
  }
  if (const auto& edge = environment.edge) {
    arguments["edge_image"] = edge->image;
    if (edge->tls) arguments["tls"] = tls_to_json(*edge->tls);
  }
  const boost::json::value answer =
      session.ask("facts", std::move(arguments), stop, Deadline::in(std::chrono::minutes(2)));
  if (!answer.is_object()) throw Error("the host's answer to the question about its state cannot be read");
  auto facts = facts_from_json(answer.get_object());
  // The host was shown only what compose reads.
  if (facts.project)
    std::erase_if(facts.project->wanted, [&](const WantedFile& wanted) {
      return !source.empty() && std::filesystem::exists(source / wanted.file);
    });
  if (facts.project) judge_variables(*facts.project, environment, shipped, std::move(stop));
  return facts;
}

std::vector<std::string> ask_what_was_edited(Session& session, const Shipped& shipped, const HostFacts& facts,
                                             const std::vector<rsync::Change>& changes,
                                             std::stop_token stop) {
  namespace fs = std::filesystem;
  boost::json::object ids;
  for (const auto& change : changes) {
    if (change.kind == rsync::Change::Kind::removed) continue;
    const auto path = change.path.substr(0, change.path.find_last_not_of('/') + 1);
    const auto file = shipped.source / path;
    ids[path] = fs::is_regular_file(fs::symlink_status(file)) ? git_blob_id(file) : "";
  }
  const auto answer = session.ask("edited", {{"ids", std::move(ids)}}, std::move(stop),
                                  Deadline::in(std::chrono::minutes(2)));
  if (!answer.is_object()) throw Error("the host's answer cannot be read");
  auto edited = texts_at(answer.get_object(), "files");
  std::erase_if(edited, [&, hidden = paths_of(shipped.hidden)](const std::string& path) {
    const bool here = fs::symlink_status(shipped.source / path).type() != fs::file_type::not_found;
    const bool built = facts.current_built && facts.current_built->has(path);
    const bool refused =
        facts.project &&
        std::ranges::find(facts.project->variables, path, &LiveFile::file) != facts.project->variables.end();
    return hidden.contains(path) || refused || !(here || built);
  });
  return edited;
}

std::uint64_t bytes_in(const std::filesystem::path& tree) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree))
    if (!entry.is_symlink() && entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

}  // namespace belay
