#pragma once

#include <optional>
#include <string>
#include <vector>

#include "importer/server_scripts.hpp"
#include "importer/words.hpp"
#include "importer/workflow.hpp"

namespace belay::importer {

/// A text and where it was found.
struct Found {
  std::string text;
  Place at;
  bool of_other_job = false;
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
  std::string as_name{};  // of a copy of one file that gets another name
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

/// A file that the workflow writes: on the server, or on the runner, which may send it.
struct FileFound {
  Place at;
  std::string path;  // on the server as it is typed there, on the runner from the repository's root
  std::string text;  // what goes into it; of sed `NAME=value`
  bool on_server = false;
  bool starts_anew = false;  // what was there goes
  bool is_known = true;      // else nobody can say what goes into it
  int first_line = 0;        // of a text of several lines in the workflow
  bool decoded = false;      // the text is base64, and the file is what that means
};

/// A command before or after the new containers are started.
struct HookFound {
  enum class When { before, after, after_health };
  Place at;
  std::string service, container;  // both empty: on the server itself
  std::string command;             // as a shell takes it
  std::string directory;           // where it was typed
  When when = When::before;
  bool in_new_container = false;  // of `compose run`
  bool on_controller = false;     // where the deployment is started
  bool failure_is_hidden = false;
};

/// What is packed on the runner, to be unpacked on the server.
struct ArchiveFound {
  Place at;
  std::string file;  // empty: it goes through a pipe
  std::vector<std::string> sources, excludes;
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
  bool local = false;        // the runner is the server
  bool builds_here = false;  // images, where the deployment is started
  std::vector<Found> directories;
  std::vector<Transport> transports;
  std::vector<ComposeCall> compose;
  std::vector<MigrationFound> migrations;
  std::vector<HealthFound> health;
  std::vector<BackupFound> backups;
  std::vector<LoginFound> logins;
  std::vector<FileFound> files;
  std::vector<HookFound> hooks;
  std::vector<ArchiveFound> archives;
  std::vector<Found> local_commands;   // of the runner, in a script that deploys: they build files
  std::vector<Found> runner_commands;  // others there
  std::vector<std::pair<std::string, Found>> set_variables;  // that compose may see
  std::vector<std::string> pushed_images;
  std::vector<Found> tests;
  std::vector<ServerScript> server_scripts;  // that it runs there, read or not
  std::vector<NotTaken> not_taken;

  /// Whether it brings something to a server: there is more than tests in it.
  bool deploys() const { return !compose.empty() || !transports.empty() || (host && !directories.empty()); }
  bool is_archive(const std::string& path) const;
  HookFound::When now() const;  // of what is read next
  void leave(Place at, std::string_view what, std::string why, bool warning = false);
};

/// `branch`: for which the conditions are decided; empty: unknown.
Findings findings_of(const Repository&, const CiWorkflow&, const CiJob&, const std::string& branch);

}  // namespace belay::importer
