#pragma once

#include <optional>
#include <string>
#include <vector>

#include "importer/words.hpp"
#include "importer/workflow.hpp"

namespace belay::importer {

/// A text and where it was found.
struct Found {
  std::string text;
  Place at;
};

/// How files get to the server.
struct Transport {
  enum class Kind { git, rsync, copy };
  Kind kind = Kind::git;
  Place at;
  std::vector<std::string> sources;
  std::string target;  // absolute where it is known
  std::vector<std::string> excludes;
  bool removes = false;
};

struct ComposeCall {
  Place at;
  std::string verb, project, directory;  // directory: where it was typed
  std::vector<std::string> files, env_files, services;
  bool builds = false;
};

struct MigrationFound {
  Place at;
  std::string service, container, command;
  bool in_running_container = false, failure_is_hidden = false;
};

struct HealthFound {
  Place at;
  std::string url;
  bool on_server = false, follows = false;
  std::optional<int> attempts;
  std::string interval;
  std::vector<std::string> headers;
  std::optional<int> status;
};

struct BackupFound {
  Place at;
  std::string service, container, user, database, directory;
  std::optional<int> keep;
};

struct LoginFound {
  Place at;
  std::string registry, user, password;
};

struct NotTaken {
  Place at;
  std::string what, why;
  bool warning = false;  // it deletes data, or it never worked
  auto key() const { return std::pair(what, why); }
};

/// What one job of a workflow does, for one branch.
struct Findings {
  std::optional<Found> host, user, port, host_key, ssh_key;
  bool local = false;  // the runner is the server
  std::vector<Found> directories;
  std::vector<Transport> transports;
  std::vector<ComposeCall> compose;
  std::vector<MigrationFound> migrations;
  std::vector<HealthFound> health;
  std::vector<BackupFound> backups;
  std::vector<LoginFound> logins;
  std::vector<std::pair<std::string, Found>> set_variables;  // that compose may see
  std::vector<std::string> pushed_images;
  std::vector<Found> tests;
  std::vector<NotTaken> not_taken;

  /// Whether it brings something to a server: there is more than tests in it.
  bool deploys() const { return !compose.empty() || !transports.empty() || (host && !directories.empty()); }
  void leave(Place at, std::string_view what, std::string why, bool warning = false);
};

/// `branch`: for which the conditions are decided; empty: unknown.
Findings findings_of(const Repository&, const CiWorkflow&, const CiJob&, const std::string& branch);

}  // namespace belay::importer
