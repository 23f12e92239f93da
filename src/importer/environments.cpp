#include "importer/environments.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "importer/drafting.hpp"
#include "importer/expression.hpp"
#include "importer/kamal.hpp"

namespace belay::importer {
namespace {

bool is_deploy_script(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.ends_with(".sh") && name.find("deploy") != std::string_view::npos;
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

template <class T>
void take_missing(std::optional<T>& to, const std::optional<T>& from) {
  if (!to) to = from;
}

void merge(Findings& to, const Findings& from) {
  take_missing(to.host, from.host);
  take_missing(to.user, from.user);
  take_missing(to.port, from.port);
  take_missing(to.host_key, from.host_key);
  take_missing(to.ssh_key, from.ssh_key);
  append(to.transports, from.transports);
  append(to.migrations, from.migrations);
  append(to.health, from.health);
  append(to.backups, from.backups);
  append(to.logins, from.logins);
  append(to.files, from.files);
  append(to.hooks, from.hooks);
  append(to.set_variables, from.set_variables);
  append(to.pushed_images, from.pushed_images);
  append(to.not_taken, from.not_taken);
  append(to.archives, from.archives);
  append(to.server_scripts, from.server_scripts);
  append(to.local_commands, from.local_commands);
  std::vector<Found> tests = from.tests;
  for (Found& one : tests) one.of_other_job = true;
  append(tests, to.tests);
  to.tests = std::move(tests);
}

class Search {
 public:
  explicit Search(const Repository& repository) : repository_(repository) {}

  Environments environments() {
    for (const SourceFile& file : repository_.files) {
      if (is_workflow(file.path))
        workflows_.push_back(github_workflow(file));
      else if (file.path == ".gitlab-ci.yml")
        workflows_.push_back(gitlab_workflow(repository_, file));
    }
    find_environments();
    made_.all = std::move(environments_);
    return std::move(made_);
  }

 private:
  void find_environments() {
    for (const CiWorkflow& workflow : workflows_) of_workflow(workflow);
    if (!environments_.empty()) return;
    by_server_scripts_ = true;
    for (const CiWorkflow& workflow : workflows_) of_workflow(workflow);
    if (!environments_.empty()) return;
    for (const SourceFile& file : repository_.files)
      if (is_deploy_script(file.path)) of_workflow(script_workflow(file));
    if (environments_.empty()) of_kamal();
  }

  // Kamal knows the server and the health check; it has no compose file and no directory.
  void of_kamal() {
    for (KamalFile& kamal : kamal_files(repository_)) {
      Environment made;
      made.name = application_name(kamal.name);
      made.findings = std::move(kamal.findings);
      environments_.push_back(std::move(made));
    }
  }

  static bool is_literal(const std::string& branch) {
    return branch.find_first_of("*!?[$/^") == std::string::npos ||
           branch.find_first_of("*!?[$^") == std::string::npos;
  }

  void of_workflow(const CiWorkflow& workflow) {
    std::vector<std::string> branches;
    for (const std::string& branch : workflow.branches)
      if (is_literal(branch)) branches.push_back(branch);
    for (const CiJob& job : workflow.jobs)
      for (const std::string& branch : job.branches)
        if (is_literal(branch)) add_new(branches, {branch});
    if (branches.empty()) branches.emplace_back();
    const std::size_t before = environments_.size();
    for (const std::string& branch : branches) of_branch(workflow, branch);
    if (environments_.size() == before) return;
    for (const auto& [at, what] : workflow.other_triggers)
      made_other(at, what == "include" ? "include" : "on: " + what,
                 what == "include" ? "another file's jobs were not read"
                                   : "belay.yml knows on.push alone: keep it in the CI's own file");
    for (const std::string& branch : workflow.branches)
      if (!is_literal(branch))
        made_other(workflow.branches_at, branch, "a pattern of branches: name the branches in on.push");
  }

  void made_other(const Place& at, std::string what, std::string why) {
    environments_.back().findings.leave(at, what, std::move(why));
  }

  // Without any call of compose, a script of the server is what deploys.
  bool is_deployment(const Findings& findings) const {
    return !findings.compose.empty() ||
           (by_server_scripts_ && !findings.server_scripts.empty() && (findings.host || findings.local));
  }

  Findings noted(Findings findings) {
    for (const ServerScript& script : findings.server_scripts) {
      const bool is_known = std::ranges::any_of(made_.unread, [&](const ServerScript& one) {
        return one.server == script.server && one.path == script.path;
      });
      if (!is_known && !script.path.empty() && !repository_.on_server(script.server, script.path))
        made_.unread.push_back(script);
      for (const NotTaken& left : findings.not_taken)
        if (left.at.file == script.at.file && left.at.line == script.at.line) made_.not_taken.push_back(left);
    }
    return findings;
  }

  static bool runs_for(const CiWorkflow& workflow, const CiJob& job, const std::string& branch) {
    if (!branch.empty() && !job.branches.empty() &&
        std::ranges::find(job.branches, branch) == job.branches.end())
      return false;
    if (workflow.kind != CiWorkflow::Kind::github) return true;
    const Scope none;
    return Expressions{branch, none, {}}.holds(job.condition) != false;
  }

  bool needs(const CiWorkflow& workflow, const CiJob& job, const std::string& other, int depth = 0) const {
    if (depth > 20) return false;
    return std::ranges::any_of(job.needs, [&](const std::string& one) {
      const CiJob* const needed = workflow.find(one);
      return one == other || (needed && needs(workflow, *needed, other, depth + 1));
    });
  }

  void of_branch(const CiWorkflow& workflow, const std::string& branch) {
    struct Read {
      const CiJob* job;
      Findings findings;
      std::string environment;  // as the job names it
    };
    std::vector<Read> all;
    for (const CiJob& job : workflow.jobs) {
      if (!runs_for(workflow, job, branch)) continue;
      const CiWorkflow* called = nullptr;
      if (job.uses.starts_with("./"))
        for (const CiWorkflow& one : workflows_)
          if (one.file == job.uses.substr(2)) called = &one;
      if (called)
        for (const CiJob& inner : called->jobs)
          all.push_back({&job, noted(findings_of(repository_, *called, inner, branch)), job.environment});
      else
        for (const CiJob& one : jobs_of_matrix(job)) {
          Findings found = noted(findings_of(repository_, workflow, one, branch));
          if (!is_deployment(found)) {  // a matrix of tests is one gate
            all.push_back({&job, findings_of(repository_, workflow, job, branch), ""});
            break;
          }
          all.push_back({&job, std::move(found), one.environment});
        }
    }
    for (const Read& one : all) {
      if (!is_deployment(one.findings)) continue;
      Environment made;
      made.findings = one.findings;
      for (const Read& other : all) {
        if (&other == &one || is_deployment(other.findings)) continue;
        const bool before = needs(workflow, *one.job, other.job->id);
        if (before || needs(workflow, *other.job, one.job->id)) merge(made.findings, other.findings);
      }
      tests_before(workflow, made.findings);
      if (!branch.empty() && (workflow.kind != CiWorkflow::Kind::gitlab || !one.job->branches.empty()))
        made.branches = {branch};
      if (workflow.branches.empty() && workflow.kind == CiWorkflow::Kind::github) made.branches.clear();
      made.tags = workflow.tags;
      made.paths = workflow.paths;
      made.ignored_paths = workflow.ignored_paths;
      made.branches_at = workflow.branches_at.line ? workflow.branches_at : one.job->at;
      made.name = name_for(workflow, *one.job, one.environment, branch);
      made.manual = one.job->manual;
      environments_.push_back(std::move(made));
    }
  }

  // workflow_run: what comes first is the gate.
  void tests_before(const CiWorkflow& workflow, Findings& findings) const {
    for (const CiWorkflow& other : workflows_)
      if (!other.name.empty() && std::ranges::find(workflow.after, other.name) != workflow.after.end())
        for (const CiJob& job : other.jobs)
          append(findings.tests, findings_of(repository_, other, job, "").tests);
  }

  std::string name_for(const CiWorkflow& workflow, const CiJob& job, const std::string& environment,
                       const std::string& branch) const {
    std::string name = is_known(environment) && environment.find("${{") == std::string::npos
                           ? application_name(environment)
                           : "";
    const std::string about = job.id + " " + base_name(workflow.file);
    for (const auto& [word, means] : {std::pair{"prod", "production"}, {"stag", "staging"}})
      if (name.empty() && about.find(word) != std::string::npos) name = means;
    if (name.empty() && one_of(branch, {"main", "master", "production", "prod", "release"}))
      name = "production";
    if (name.empty() && one_of(branch, {"develop", "dev", "staging", "stage", "test"})) name = "staging";
    if (name.empty()) name = branch.empty() ? "production" : application_name(branch);
    std::string free = name;
    for (int number = 2; std::ranges::find(environments_, free, &Environment::name) != environments_.end();
         ++number)
      free = fmt::format("{}-{}", name, number);
    return free;
  }

  const Repository& repository_;
  std::vector<CiWorkflow> workflows_;
  std::vector<Environment> environments_;
  Environments made_;
  bool by_server_scripts_ = false;
};

}  // namespace

bool is_workflow(std::string_view path) {
  if (!path.ends_with(".yml") && !path.ends_with(".yaml")) return false;
  return path.starts_with(".github/workflows/") || path.starts_with(".gitea/workflows/") ||
         path.starts_with(".forgejo/workflows/");
}

std::string application_name(std::string_view directory) {
  std::string made;
  for (const char c : directory) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool fits = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (fits || !made.empty()) made += fits ? lower : '-';
  }
  while (made.ends_with('-')) made.pop_back();
  return made;
}

Environments environments_of(const Repository& repository) {
  return Search(repository).environments();
}

}  // namespace belay::importer
