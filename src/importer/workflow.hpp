#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "importer/server_scripts.hpp"
#include "importer/words.hpp"

namespace belay {
struct YamlNode;
}

namespace belay::importer {

struct SourceFile {
  std::string path, text;
};

/// What stands in the repository: the files worth reading with their text, and the paths of all.
struct Repository {
  std::string name;  // of its directory
  std::vector<SourceFile> files;
  std::vector<std::string> paths;
  std::vector<ServerFile> server_files{};  // scripts that were read on a server, because a workflow runs them

  const SourceFile* find(std::string_view path) const;
  bool has(std::string_view path) const;  // a file, or a directory with files in it
  /// Null: nobody tried to read it.
  const ServerFile* on_server(std::string_view server, std::string_view path) const;
};

/// A text and the line of its file in which it begins.
struct Piece {
  std::string text;
  int line = 0;
  std::string file{};  // where that is not the workflow's own
};

struct CiStep {
  Place at;
  std::string id, name, uses, condition, working_directory;
  std::vector<Piece> script;          // one shell runs all of them
  std::map<std::string, Piece> with;  // of an action
  std::vector<std::pair<std::string, std::string>> env;
};

struct CiJob {
  Place at;
  std::string id, environment, condition, uses;
  std::vector<std::string> needs;
  std::vector<std::pair<std::string, std::string>> env;
  std::map<std::string, std::vector<std::string>> matrix;
  std::vector<std::map<std::string, std::string>> matrix_rows;  // its `include`
  std::vector<CiStep> steps;
  std::vector<std::string> branches;  // this job's own, of a CI that says it by job
  bool manual = false, on_the_server = false;
  std::vector<std::pair<Place, std::string>> services;  // that its steps may use, each with its image
};

/// A workflow of a CI, or a script that deploys: then it is one job with one step.
struct CiWorkflow {
  enum class Kind { github, gitlab, script };
  Kind kind = Kind::github;
  std::string file, name;
  std::vector<std::pair<std::string, std::string>> env;
  std::vector<std::string> branches, tags, paths, ignored_paths;
  Place branches_at;
  std::vector<std::string> after;  // names of workflows that come first (workflow_run)
  std::vector<std::pair<Place, std::string>> other_triggers;
  std::vector<CiJob> jobs;

  const CiJob* find(std::string_view job) const;
};

/// The job once for each row of its matrix, which has one value of each name then; without a matrix the job
/// itself. More than 12 rows are left as they are.
std::vector<CiJob> jobs_of_matrix(const CiJob&);

/// Of .github/workflows and its like. Empty jobs: it is no workflow.
CiWorkflow github_workflow(const SourceFile&);
CiWorkflow gitlab_workflow(const Repository&, const SourceFile&);  // with the files that it includes
CiWorkflow script_workflow(const SourceFile&);

/// A scalar's text with its true first line: a block begins in the line after its `|`.
Piece piece_of(const YamlNode&, std::string_view file_text);
/// A text, or a list of texts.
std::vector<std::string> texts_of(const YamlNode*);

}  // namespace belay::importer
