#include "control/host_questions.hpp"

#include <chrono>

#include <boost/json/array.hpp>

#include "base/error.hpp"

namespace belay {

HostFacts ask_facts(Session& session, const EnvironmentConfig& environment, const std::vector<int>& ports,
                    std::stop_token stop) {
  boost::json::array services, files, asked_ports;
  for (const std::string& service : environment.services) services.emplace_back(service);
  for (const std::string& file : environment.compose) files.emplace_back(file);
  for (const int port : ports) asked_ports.emplace_back(port);
  boost::json::object arguments{{"services", services}, {"compose", files}, {"ports", asked_ports}};
  if (environment.backup) arguments["backup_container"] = environment.backup->container;
  if (const auto& edge = environment.edge) {
    arguments["edge_image"] = edge->image;
    if (edge->tls) arguments["tls"] = tls_to_json(*edge->tls);
  }
  const boost::json::value answer =
      session.ask("facts", std::move(arguments), std::move(stop), Deadline::in(std::chrono::seconds(60)));
  if (!answer.is_object()) throw Error("the host's facts are no facts");
  return facts_from_json(answer.get_object());
}

std::uint64_t bytes_in(const std::filesystem::path& tree) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree))
    if (!entry.is_symlink() && entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

}  // namespace belay
