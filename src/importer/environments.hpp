#pragma once

#include <string>
#include <vector>

#include "importer/draft_text.hpp"
#include "importer/findings.hpp"
#include "importer/workflow.hpp"

namespace belay::importer {

/// What is deployed to one place, and when: as the workflows say it, and as belay.yml will.
struct Environment {
  std::string name;
  Findings findings;
  std::vector<std::string> branches, tags, paths, ignored_paths;
  Place branches_at;
  bool manual = false;  // somebody starts it
  std::vector<Entry> entries;
  /// Variables that belay.yml takes by name, and what the CI gives them; and those of them that are base64
  /// in the CI.
  std::vector<std::pair<std::string, std::string>> given;
  std::vector<std::string> decoded;
};

struct Environments {
  std::vector<Environment> all;
  std::vector<ServerScript> unread;  // of all jobs, also of those that are no environment
  std::vector<NotTaken> not_taken;   // what is said of these scripts there
};

/// The environments of the CI's workflows: of jobs that call compose, without any of jobs that run a script
/// that only the server has. Else those of scripts named deploy….sh, then Kamal's.
Environments environments_of(const Repository&);

bool is_workflow(std::string_view path);
/// "My Shop" → "my-shop"; may be empty.
std::string application_name(std::string_view directory);

}  // namespace belay::importer
