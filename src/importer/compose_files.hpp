#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "importer/workflow.hpp"

namespace belay::importer {

struct ComposeService {
  std::string name, image, container_name;
  std::string made_of;  // the image, or what it is built from: equal for services that share it
  std::string command;  // with its entrypoint, as a shell takes it; empty: the image's own
  Place at;
  bool builds = false, never_restarts = false, runs_before_others = false;
  std::map<std::string, std::string> environment;
  std::vector<std::string> variables;        // in `image:`
  std::vector<std::string> written_folders;  // bind mounts below the project's directory

  bool is_postgres() const;
  /// A database, a cache, a proxy: what an application stands on, and is not itself.
  bool is_known_accessory() const;
};

struct ComposeFile {
  std::string path;
  std::vector<ComposeService> services;

  const ComposeService* find(std::string_view service) const;
  const ComposeService* with_container(std::string_view container_name) const;
};

/// Empty services: it is no compose file.
ComposeFile compose_file(const SourceFile&);
bool is_compose_file_name(std::string_view path);

}  // namespace belay::importer
