#include "control/host_questions.hpp"

#include <chrono>

#include <boost/json/object.hpp>

#include "base/error.hpp"
#include "control/compose_inputs.hpp"
#include "model/config_json.hpp"

namespace belay {

HostFacts ask_facts(Session& session, const EnvironmentConfig& environment,
                    const std::filesystem::path& source, std::stop_token stop) {
  const auto inputs = source.empty() ? ComposeInputs{} : compose_inputs_of(source);
  boost::json::object files, ids;
  for (const auto& [path, text] : inputs.texts) files[path] = text;
  for (const auto& [path, id] : inputs.ids) ids[path] = id;
  boost::json::object arguments{
      {"environment", object_of(environment)}, {"files", std::move(files)}, {"ids", std::move(ids)}};
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
      session.ask("facts", std::move(arguments), std::move(stop), Deadline::in(std::chrono::minutes(2)));
  if (!answer.is_object()) throw Error("the host's facts are no facts");
  auto facts = facts_from_json(answer.get_object());
  // The host was shown only what compose reads.
  if (facts.project)
    std::erase_if(facts.project->wanted, [&](const WantedFile& wanted) {
      return !source.empty() && std::filesystem::exists(source / wanted.file);
    });
  return facts;
}

std::uint64_t bytes_in(const std::filesystem::path& tree) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree))
    if (!entry.is_symlink() && entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

}  // namespace belay
