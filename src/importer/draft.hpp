#pragma once

#include <optional>
#include <string>
#include <vector>

#include "importer/findings.hpp"
#include "importer/workflow.hpp"

namespace belay::importer {

/// What a person says where the repository does not.
struct Answers {
  std::string host, path, health_url;
};

/// What the draft lacks in each environment that lacks it: what a terminal can ask for.
struct Unanswered {
  bool host = false, path = false, health_url = false;
};

struct Draft {
  std::string belay_yml;
  std::string github_workflow;  // .github/workflows/belay.yml
  std::string gitlab_job;       // for .gitlab-ci.yml; empty: the repository has none
  std::vector<NotTaken> not_taken;
  std::vector<ServerScript> unread;  // what the workflows run on servers, and Repository::server_files lacks
  Unanswered unanswered;
  int gaps = 0;                // marked lines of belay.yml that belay refuses
  bool found_nothing = false;  // no compose file and no workflow that deploys one
};

/// Pure: the same repository and answers give the same bytes.
Draft draft_of(const Repository&, const Answers&);

/// Whether a file is worth its text: workflows, compose files, scripts, config/deploy.yml.
bool is_read(std::string_view path);

}  // namespace belay::importer
