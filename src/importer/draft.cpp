#include "importer/draft.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "importer/compose_files.hpp"
#include "importer/draft_text.hpp"
#include "importer/expression.hpp"
#include "importer/kamal.hpp"

namespace belay::importer {
namespace {

struct Environment {
  std::string name;
  Findings findings;
  std::vector<std::string> branches, tags, paths, ignored_paths;
  Place branches_at;
  bool manual = false;  // somebody starts it
  std::vector<Entry> entries;
};

const std::initializer_list<const char*> default_compose_files = {
    "compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"};

bool is_workflow(std::string_view path) {
  if (!path.ends_with(".yml") && !path.ends_with(".yaml")) return false;
  return path.starts_with(".github/workflows/") || path.starts_with(".gitea/workflows/") ||
         path.starts_with(".forgejo/workflows/");
}

bool is_deploy_script(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.ends_with(".sh") && name.find("deploy") != std::string_view::npos;
}

std::string base_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path.substr(path.rfind('/') + 1));
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// "/srv/app" and "/srv/app/deploy" → "deploy"; nothing if it is not below.
std::optional<std::string> below(const std::string& directory, const std::string& path) {
  if (path == directory) return "";
  if (path.starts_with(directory + "/")) return path.substr(directory.size() + 1);
  return std::nullopt;
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

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void add_new(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const std::string& one : from)
    if (!one.empty() && std::ranges::find(to, one) == to.end()) to.push_back(one);
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
  append(to.set_variables, from.set_variables);
  append(to.pushed_images, from.pushed_images);
  append(to.not_taken, from.not_taken);
  std::vector<Found> tests = from.tests;
  append(tests, to.tests);
  to.tests = std::move(tests);
}

class Drafter {
 public:
  Drafter(const Repository& repository, const Answers& answers)
      : repository_(repository), answers_(answers) {}

  Draft draft() {
    read_files();
    find_environments();
    if (environments_.empty() && compose_files_.empty()) {
      made_.found_nothing = true;
      return std::move(made_);
    }
    if (environments_.empty()) environments_.emplace_back().name = "production";
    for (Environment& one : environments_) fill(one);
    unite_equal();
    write();
    return std::move(made_);
  }

 private:
  void read_files() {
    for (const SourceFile& file : repository_.files) {
      if (is_workflow(file.path))
        workflows_.push_back(github_workflow(file));
      else if (file.path == ".gitlab-ci.yml")
        workflows_.push_back(gitlab_workflow(file));
      else if (is_compose_file_name(file.path)) {
        ComposeFile compose = compose_file(file);
        if (!compose.services.empty()) compose_files_.push_back(std::move(compose));
      }
    }
  }

  void find_environments() {
    for (const CiWorkflow& workflow : workflows_) of_workflow(workflow);
    if (!environments_.empty()) return;
    for (const SourceFile& file : repository_.files)
      if (is_deploy_script(file.path)) of_workflow(script_workflow(file));
    if (environments_.empty()) of_kamal();
  }

  // Kamal knows the server and the health check; it has no compose file and no directory.
  void of_kamal() {
    const SourceFile* const file = repository_.find("config/deploy.yml");
    std::optional<KamalFile> kamal = file ? kamal_file(*file) : std::nullopt;
    if (!kamal) return;
    Environment made;
    made.name = "production";
    made.findings = std::move(kamal->findings);
    environments_.push_back(std::move(made));
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
          all.push_back({&job, findings_of(repository_, *called, inner, branch), job.environment});
      else
        for (const CiJob& one : jobs_of_matrix(job)) {
          Findings found = findings_of(repository_, workflow, one, branch);
          if (found.compose.empty()) {  // a matrix of tests is one gate
            all.push_back({&job, findings_of(repository_, workflow, job, branch), ""});
            break;
          }
          all.push_back({&job, std::move(found), one.environment});
        }
    }
    for (const Read& one : all) {
      if (one.findings.compose.empty()) continue;
      Environment made;
      made.findings = one.findings;
      for (const Read& other : all) {
        if (&other == &one || !other.findings.compose.empty()) continue;
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

  // --- one environment -------------------------------------------------------------------------------------

  static Entry gap(std::string key, std::string what) {
    return {std::move(key), {}, "TODO belay init: " + std::move(what), true};
  }
  static std::string from(const Place& at) { return at.line > 0 ? at.shown() : ""; }

  void fill(Environment& one) {
    source_ = ".";
    directory_.clear();
    inside_.clear();
    elsewhere_ = false;
    where_files_go(one);
    if (source_ != ".") one.entries.push_back({"source", {scalar(source_)}, from(source_at_)});
    triggers(one);
    host(one);
    path(one);
    compose_key(one);
    services(one);
    images(one);
    tests(one);
    sync(one);
    migrations(one);
    backup(one);
    health(one);
  }

  const Transport* transport(const Environment& one) const {
    for (const auto kind : {Transport::Kind::rsync, Transport::Kind::git, Transport::Kind::copy})
      for (const Transport& transport : one.findings.transports)
        if (transport.kind == kind) return &transport;
    return nullptr;
  }

  // The source, the live directory, and the folder in it where compose is typed.
  void where_files_go(Environment& one) {
    Findings& findings = one.findings;
    const Transport* const sent = transport(one);
    std::string typed;
    for (const ComposeCall& call : findings.compose)
      if (typed.empty() || call.verb == "up") typed = call.directory.empty() ? typed : call.directory;
    if (sent) {
      directory_ = without_slash(sent->target);
      directory_at_ = sent->at;
      if (sent->kind == Transport::Kind::rsync) rsync_source(*sent, findings);
      if (sent->kind == Transport::Kind::copy && !sent->sources.empty() &&
          !one_of(sent->sources.front(), {".", "./", "*", "./*"}))
        findings.leave(sent->at, fmt::format("{}", fmt::join(sent->sources, ", ")),
                       "the workflow sends these alone; belay sends the whole source: compare `source` and "
                       "`sync.exclude`");
    }
    if (!typed.empty() && directory_.empty()) {
      directory_ = typed;
      directory_at_ = findings.directories.empty() ? Place{} : findings.directories.back().at;
    } else if (!typed.empty() && typed != directory_) {
      if (const auto inner = below(directory_, typed)) {
        inside_ = *inner;
      } else if (typed.starts_with('/') || typed.starts_with(ci_begin)) {
        findings.leave(
            findings.compose.back().at, typed,
            fmt::format(
                "compose is typed there, and not in {}, where the code goes: the stack lies elsewhere",
                as_shown(directory_)));
        directory_ = typed;
        elsewhere_ = true;
      }
    }
  }

  void rsync_source(const Transport& sent, Findings& findings) {
    if (sent.sources.empty()) return;
    std::string source = sent.sources.front();
    while (source.starts_with("./")) source.erase(0, 2);
    if (sent.sources.size() > 1)
      findings.leave(
          sent.at, fmt::format("{}", fmt::join(sent.sources, " ")),
          "the workflow sends these alone; belay sends one source: compare `source` and `sync.exclude`");
    if (sent.sources.size() > 1 || source.empty() || source == "." || has_ci_variable(source) ||
        !is_known(source))
      return;
    const std::string folder = without_slash(source);
    if (!repository_.has(folder) || repository_.find(folder)) {
      findings.leave(sent.at, source,
                     "it is not in the repository: the workflow makes it first; see build.local");
      return;
    }
    if (!source.ends_with('/')) directory_ += "/" + base_name(folder);
    source_ = folder;
    source_at_ = sent.at;
  }

  void triggers(Environment& one) {
    if (one.branches.empty() && one.tags.empty()) return;
    if (one.manual) {
      one.findings.leave(
          one.branches_at, "when: manual",
          "somebody starts it: so this environment has no `on`, and the CI's job stays manual");
      return;
    }
    std::vector<std::string> paths = one.paths;
    std::string value = "{ push: { ";
    if (!one.branches.empty()) value += "branches: " + flow(one.branches);
    if (!one.tags.empty()) value += (one.branches.empty() ? "tags: " : ", tags: ") + flow(one.tags);
    if (!paths.empty()) {
      add_new(paths, {"belay.yml"});
      value += ", paths: " + flow(paths);
    }
    if (!one.ignored_paths.empty()) value += ", paths-ignore: " + flow(one.ignored_paths);
    one.entries.push_back({"on", {value + " } }"}, from(one.branches_at)});
  }

  void host(Environment& one) {
    const Findings& findings = one.findings;
    if (findings.local && !findings.host) {
      one.entries.push_back({"host", {"local"}, "the runner is the server"});
      return;
    }
    if (findings.host && is_known(findings.host->text) && (!findings.user || is_known(findings.user->text))) {
      std::string text = (findings.user ? findings.user->text + "@" : "") + findings.host->text;
      if (findings.port && is_known(findings.port->text)) text += ":" + findings.port->text;
      one.entries.push_back({"host", {scalar(as_belay_text(text))}, from(findings.host->at)});
    } else if (!answers_.host.empty()) {
      one.entries.push_back({"host", {scalar(answers_.host)}});
    } else {
      made_.unanswered.host = true;
      one.entries.push_back(
          gap("host", "where it runs, as ssh takes it: user@host, user@host:port or local"));
    }
    if (findings.host_key && findings.host_key->text.starts_with("SHA256:") &&
        is_known(findings.host_key->text))
      one.entries.push_back(
          {"host_key", {scalar(as_belay_text(findings.host_key->text))}, from(findings.host_key->at)});
    else
      one.entries.push_back(
          {"# host_key",
           {},
           "belay check prints the line; compare the fingerprint before you write it here"});
  }

  void path(Environment& one) {
    const bool absolute = directory_.starts_with('/') || directory_.starts_with(ci_begin);
    if (absolute && is_known(directory_) && directory_ != "/") {
      one.entries.push_back({"path", {scalar(as_belay_text(directory_))}, from(directory_at_)});
    } else if (!answers_.path.empty()) {
      one.entries.push_back({"path", {scalar(answers_.path)}});
    } else {
      made_.unanswered.path = true;
      one.entries.push_back(
          gap("path", directory_.empty()
                          ? std::string("the directory on the server: absolute")
                          : fmt::format("the directory on the server: absolute. The workflow says {}{}",
                                        as_shown(directory_),
                                        directory_at_.line ? " (" + from(directory_at_) + ")" : "")));
    }
  }

  std::string in_source(const std::string& file) const {
    return source_ == "." ? file : source_ + "/" + file;
  }

  void compose_key(Environment& one) {
    files_.clear();
    Findings& findings = one.findings;
    std::vector<std::string> names;
    const ComposeCall* named = nullptr;
    for (const ComposeCall& call : findings.compose)
      if (!call.files.empty() && (!named || call.verb == "up")) named = &call;
    if (named)
      for (std::string file : named->files) {
        while (file.starts_with("./")) file.erase(0, 2);
        const auto inner = below(directory_, file);
        names.push_back(inner && !directory_.empty()               ? *inner
                        : inside_.empty() || file.starts_with('/') ? file
                                                                   : inside_ + "/" + file);
      }
    if (named && !std::ranges::all_of(names, [](const std::string& name) { return is_known(name); })) {
      one.entries.push_back(
          gap("compose", fmt::format("the compose file; the workflow says {} ({})",
                                     as_shown(fmt::format("{}", fmt::join(names, " "))), from(named->at))));
      return;
    }
    if (!named) return default_compose(one);
    const bool nothing_sent = findings.transports.empty() && !findings.compose.empty();
    const bool there = std::ranges::all_of(names, [&](const std::string& name) {
      return repository_.find(in_source(name)) != nullptr || has_ci_variable(name);
    });
    if (((nothing_sent || elsewhere_) && !there) || names.front().starts_with('/')) {
      std::vector<std::string> files;
      for (const std::string& name : names)
        files.push_back(as_belay_text(name.starts_with('/') ? name : directory_ + "/" + name));
      one.entries.push_back(
          {"compose",
           {fmt::format("{{ host: {} }}", files.size() == 1 ? scalar(files.front()) : flow(files))},
           "it lies on the server: " + from(named->at)});
      return;
    }
    for (std::string& name : names) {
      if (!there && !repository_.find(in_source(name)))
        findings.leave(named->at, name, "the compose file was not found in the repository");
      read_compose(in_source(name));
      name = as_belay_text(name);
    }
    const bool usual = names.size() == 1 && names.front() == default_name();
    if (!usual)
      one.entries.push_back(
          {"compose", {names.size() == 1 ? scalar(names.front()) : flow(names)}, from(named->at)});
    further_keys(one, *named);
  }

  std::string default_name() const {
    for (const char* name : default_compose_files)
      if (repository_.find(in_source(name))) return name;
    return "";
  }

  void default_compose(Environment& one) {
    for (const ComposeCall& call : one.findings.compose)
      if (call.verb == "up") {
        further_keys(one, call);
        break;
      }
    for (const char* name : default_compose_files) {
      const std::string inner = inside_.empty() ? name : inside_ + "/" + name;
      if (!repository_.find(in_source(inner))) continue;
      read_compose(in_source(inner));
      if (!inside_.empty()) one.entries.push_back({"compose", {scalar(as_belay_text(inner))}, ""});
      if (one.findings.transports.empty() && !one.findings.compose.empty())
        one.findings.leave(one.findings.compose.front().at, inner,
                           "the workflow sends no file: the one on the server counts there. belay ships the "
                           "repository's; compare them",
                           true);
      return;
    }
    if (!one.findings.compose.empty() && one.findings.transports.empty()) {
      one.entries.push_back(
          gap("compose", "{ host: FILE }, the compose file on the server: the repository has none"));
      return;
    }
    std::vector<std::string> all;
    for (const ComposeFile& file : compose_files_) all.push_back(file.path);
    if (all.size() == 1 && source_ == ".") {
      read_compose(all.front());
      one.entries.push_back({"compose", {scalar(all.front())}, ""});
    } else {
      one.entries.push_back(
          gap("compose", all.empty() ? std::string("the compose file: the repository has none")
                                     : fmt::format("which compose file: {}", fmt::join(all, ", "))));
    }
  }

  void read_compose(const std::string& path) {
    for (const ComposeFile& file : compose_files_)
      if (file.path == path) files_.push_back(&file);
  }

  void further_keys(Environment& one, const ComposeCall& call) {
    if (!call.project.empty() && is_known(call.project))
      one.entries.push_back({"project", {scalar(as_belay_text(call.project))}, from(call.at)});
    if (!call.env_files.empty() &&
        std::ranges::all_of(call.env_files, [](const std::string& file) { return is_known(file); })) {
      std::vector<std::string> files;
      for (std::string file : call.env_files) {
        while (file.starts_with("./")) file.erase(0, 2);
        files.push_back(as_belay_text(file));
      }
      if (files != std::vector<std::string>{".env"})
        one.entries.push_back(
            {"env_files", {files.size() == 1 ? scalar(files.front()) : flow(files)}, from(call.at)});
    }
  }

  const ComposeService* service(std::string_view name) const {
    for (const ComposeFile* file : files_)
      if (const ComposeService* const found = file->find(name)) return found;
    return nullptr;
  }
  std::vector<const ComposeService*> all_services() const {
    std::vector<const ComposeService*> all;
    for (const ComposeFile* file : files_)
      for (const ComposeService& one : file->services)
        if (std::ranges::none_of(all, [&](const ComposeService* other) { return other->name == one.name; }))
          all.push_back(&one);
    return all;
  }

  bool is_pushed(const ComposeService& service, const Findings& findings) const {
    const std::string name = service.image.substr(0, service.image.rfind(':'));
    return !name.empty() && std::ranges::any_of(findings.pushed_images, [&](const std::string& image) {
      return image.starts_with(name) || base_name(image.substr(0, image.rfind(':'))) == base_name(name);
    });
  }

  void services(Environment& one) {
    Findings& findings = one.findings;
    released_.clear();
    bool whole = false;
    Place at;
    for (const ComposeCall& call : findings.compose) {
      if (call.verb == "up" && call.services.empty()) whole = true;
      if (!at.line || call.verb == "up") at = call.at;
    }
    if (whole || findings.compose.empty()) {
      of_whole_stack(one, at, whole);
      return;
    }
    std::vector<std::string> named;
    for (const ComposeCall& call : findings.compose)
      if (call.verb == "up" || call.verb == "build" || call.verb == "pull") add_new(named, call.services);
    for (const std::string& name : named) {
      const ComposeService* const known = service(name);
      if (!is_known(name))
        findings.leave(at, name, "which service is decided on the server");
      else if (!(known && known->is_known_accessory()))
        released_.push_back(as_belay_text(name));
    }
    if (released_.empty()) released_ = named;
    if (!released_.empty()) one.entries.push_back({"services", {flow(released_)}, from(at)});
  }

  void of_whole_stack(Environment& one, const Place& at, bool as_compose) {
    Findings& findings = one.findings;
    const auto all = all_services();
    for (const ComposeService* service : all) {
      if (!(service->builds || !service->variables.empty() || is_pushed(*service, findings)) ||
          service->is_known_accessory())
        continue;
      if (service->runs_before_others || service->never_restarts)
        findings.leave(service->at, service->name,
                       "a service that runs once: belay releases services that go on running; write its "
                       "command as migrate");
      else
        released_.push_back(service->name);
    }
    if (released_.empty())
      for (const ComposeService* service : all)
        if (!service->is_known_accessory() && !service->runs_before_others && !service->never_restarts)
          released_.push_back(service->name);
    if (released_.empty()) {
      if (!all.empty()) one.entries.push_back(gap("services", "which of the services are released"));
      return;
    }
    one.entries.push_back({"services", {flow(released_)}, all.front()->at.file});
    if (as_compose && released_.size() < all.size())
      one.entries.push_back(
          {"accessories", {"as-compose"}, "the others too, as the whole stack's up: " + from(at)});
  }

  void images(Environment& one) {
    Findings& findings = one.findings;
    const bool loads = std::ranges::any_of(findings.not_taken,
                                           [](const NotTaken& left) { return left.what == "docker load"; });
    const bool pulls =
        std::ranges::any_of(findings.compose, [](const ComposeCall& call) { return call.verb == "pull"; });
    const bool builds = std::ranges::any_of(findings.compose, &ComposeCall::builds);
    if (loads)
      one.entries.push_back({"build", {"here"}, "built where belay runs, and sent"});
    else if (pulls && !builds)
      one.entries.push_back(
          {"build", {"image"}, "pulled, not built: keep the job that builds and pushes, before belay"});
    std::vector<std::string> values;
    for (const std::string& name : released_)
      if (const ComposeService* const known = service(name))
        for (const std::string& variable : known->variables)
          for (const auto& [set, value] : findings.set_variables)
            if (set == variable) add_new(values, {variable});
    if (!values.empty())
      one.entries.push_back({"values", {flow(values)}, "in the image's name; the CI step sets them"});
    std::vector<std::string> lines;
    Place at;
    std::set<std::string> told;
    for (LoginFound login : findings.logins) {
      if (!is_known(login.registry) || !told.insert(login.registry).second) continue;
      if (has_ci_variable(login.registry)) {
        const std::string named = registry_of_images();
        if (named.empty()) {
          findings.leave(login.at, "docker login " + login.registry,
                         "the registry's name is a variable of the CI: write it in registries");
          continue;
        }
        login.registry = named;
      }
      if (!is_known(login.user) || !is_known(login.password) || login.user.empty() ||
          !has_ci_variable(login.password)) {
        findings.leave(login.at, "docker login " + login.registry,
                       "the login's user or password is not a variable of the CI: write it in registries");
        continue;
      }
      lines.push_back(fmt::format("{}: {{ user: {}, password: {} }}", scalar(as_belay_text(login.registry)),
                                  scalar(as_belay_text(login.user)), scalar(as_belay_text(login.password))));
      at = login.at;
    }
    if (lines.size() == 1) one.entries.push_back({"registries", {"{ " + lines.front() + " }"}, from(at)});
    if (lines.size() > 1) one.entries.push_back({"registries", lines, from(at)});
  }

  // That the images of the released services come from; empty: from several, or it is not said.
  std::string registry_of_images() const {
    std::set<std::string> registries;
    for (const ComposeFile* file : files_)
      for (const ComposeService& service : file->services) {
        if (service.image.empty() || std::ranges::find(released_, service.name) == released_.end()) continue;
        const std::string first = service.image.substr(0, service.image.find('/'));
        const bool is_host =
            first.size() < service.image.size() && first.find_first_of(".:") != std::string::npos;
        registries.insert(is_host && first.find('$') == std::string::npos ? first : "");
      }
    return registries.size() == 1 ? *registries.begin() : "";
  }

  void tests(Environment& one) {
    std::vector<std::string> lines;
    std::set<std::string> told;
    for (const Found& test : one.findings.tests) {
      std::string command = test.text;
      if (const std::size_t mark = command.find('\x04'); mark != std::string::npos) {
        std::string directory = without_slash(command.substr(0, mark));
        while (directory.starts_with("./")) directory.erase(0, 2);
        command.erase(0, mark + 1);
        if (directory != source_ && !directory.empty() && directory != ".") {
          const auto inner = below(source_, directory);
          command = inner && source_ != "." ? fmt::format("cd {} && {}", *inner, command)
                    : source_ == "."
                        ? fmt::format("cd {} && {}", directory, command)
                        : fmt::format("cd \"$(git rev-parse --show-toplevel)/{}\" && {}", directory, command);
        }
      } else if (source_ != ".") {
        one.findings.leave(test.at, command, "a test outside of `source`");
        continue;
      }
      if (told.insert(command).second) lines.push_back("- " + scalar(as_belay_text(command)));
    }
    if (!lines.empty()) one.entries.push_back({"test", lines, from(one.findings.tests.front().at)});
  }

  void sync(Environment& one) {
    std::vector<std::string> excludes;
    Place at;
    bool removes = false;
    for (const Transport& transport : one.findings.transports) {
      for (const std::string& one_exclude : transport.excludes)
        if (is_known(one_exclude)) add_new(excludes, {as_belay_text(one_exclude)});
      if (!transport.excludes.empty() && !at.line) at = transport.at;
      removes = removes || transport.removes;
    }
    if (excludes.empty())
      for (const ComposeService* service : all_services())
        for (const std::string& folder : service->written_folders)
          if (!repository_.has(in_source(folder)) && is_known(folder)) {
            add_new(excludes, {without_slash(folder)});
            at = service->at;
          }
    if (!excludes.empty()) one.entries.push_back({"sync.exclude", {flow(excludes)}, from(at)});
    if (removes) one.entries.push_back({"sync.delete", {"true"}, from(transport(one)->at)});
  }

  void migrations(Environment& one) {
    Findings& findings = one.findings;
    std::vector<std::string> lines, told;
    Place at;
    for (MigrationFound found : findings.migrations) {
      if (found.service.empty())
        for (const ComposeFile* file : files_)
          if (const ComposeService* const service = file->with_container(found.container))
            found.service = service->name;
      if (found.command.empty()) {
        findings.leave(found.at, "run " + found.service,
                       "a service that runs once: write its command as migrate");
        continue;
      }
      if (!is_known(found.command)) {
        findings.leave(found.at, found.command, "a migration that depends on what only the server knows");
        continue;
      }
      if (found.failure_is_hidden)
        findings.leave(found.at, found.command + " || …",
                       "a failed migration counted as good; with belay it stops the deployment", true);
      const std::string command = as_belay_text(found.command);
      if (std::ranges::find(told, command + found.service) != told.end()) continue;
      told.push_back(command + found.service);
      const bool released = std::ranges::find(released_, found.service) != released_.end();
      if (!released && !found.service.empty() && !released_.empty())
        findings.leave(
            found.at, found.service,
            "the migration's service is not released: belay runs it in a released service's image");
      if (released && released_.size() > 1)
        lines.push_back(fmt::format("{{ service: {}, run: {} }}", scalar(found.service), scalar(command)));
      else
        lines.push_back(scalar(command));
      at = found.at;
      if (!released && !found.service.empty() && !released_.empty()) lines.pop_back();
    }
    if (lines.empty()) return;
    if (lines.size() == 1) {
      one.entries.push_back({"migrate", lines, from(at) + ", before the switch"});
      return;
    }
    for (std::string& line : lines)
      line = "- " + (line.starts_with('{') ? line : fmt::format("{{ run: {} }}", line));
    one.entries.push_back({"migrate", lines, from(at) + ", before the switch"});
  }

  static std::string literal_or_empty(const std::string& text) { return is_known(text) ? text : ""; }

  std::string of_database(const ComposeService* service, const std::string& variable) const {
    if (!service) return "";
    const auto found = service->environment.find(variable);
    return found == service->environment.end() ? "" : literal_or_empty(found->second);
  }

  void backup(Environment& one) {
    Findings& findings = one.findings;
    if (findings.backups.empty()) return;
    const BackupFound& found = findings.backups.front();
    for (std::size_t other = 1; other < findings.backups.size(); ++other)
      findings.leave(findings.backups[other].at, "pg_dump " + findings.backups[other].database,
                     "a further dump: belay makes one");
    const ComposeService* database = service(found.service);
    if (!database)
      for (const ComposeFile* file : files_)
        if (const ComposeService* const owner = file->with_container(found.container)) database = owner;
    std::string container = found.container.empty() && database ? database->container_name : found.container;
    std::string user = literal_or_empty(found.user), name = literal_or_empty(found.database);
    if (user.empty()) user = of_database(database, "POSTGRES_USER");
    if (name.empty()) name = of_database(database, "POSTGRES_DB");
    container = literal_or_empty(container);
    std::string missing;
    for (const auto& [value, what] :
         {std::pair{&container, "container"}, {&user, "user"}, {&name, "database"}})
      if (value->empty()) missing += (missing.empty() ? "" : ", ") + std::string(what);
    const auto part = [](const std::string& text) {
      return text.empty() ? std::string() : " " + scalar(as_belay_text(text));
    };
    std::string rest;
    if (found.keep) rest += fmt::format(", keep: {}", *found.keep);
    if (const auto inner = below(directory_, found.directory);
        inner && !inner->empty() && *inner != "backups")
      rest += ", directory: " + scalar(as_belay_text(*inner));
    else if (!found.directory.empty() && is_known(found.directory) && !found.directory.starts_with('/') &&
             !found.directory.starts_with('~') && found.directory != "backups")
      rest += ", directory: " + scalar(as_belay_text(found.directory));
    else if (found.directory.starts_with('/') && !inner)
      findings.leave(found.at, found.directory, "belay's backups lie below `path`");
    Entry entry{"backup",
                {fmt::format("{{ postgres: {{ container:{}, user:{}, database:{} }}{} }}", part(container),
                             part(user), part(name), rest)},
                from(found.at),
                false};
    if (!missing.empty()) {
      entry.gap = true;
      entry.comment = fmt::format("TODO belay init: {} ({})", missing, from(found.at));
      if (found.container.empty() && container.empty())
        entry.comment += "; docker ps shows the container of " + found.service;
    }
    one.entries.push_back(std::move(entry));
  }

  void health(Environment& one) {
    Findings& findings = one.findings;
    const HealthFound* best = nullptr;
    for (const HealthFound& found : findings.health)
      if (is_known(found.url) && (!best || (!best->attempts && found.attempts))) best = &found;
    if (!best && !findings.health.empty()) {
      one.entries.push_back(gap(
          "health", fmt::format("the URL; the workflow says {} ({})", as_shown(findings.health.front().url),
                                from(findings.health.front().at))));
      made_.unanswered.health_url = true;
      return;
    }
    if (!best) {
      if (!answers_.health_url.empty()) {
        one.entries.push_back({"health", {scalar(answers_.health_url)}});
        return;
      }
      made_.unanswered.health_url = true;
      one.entries.push_back(
          {"# health",
           {},
           "none was found: a URL that proves a release. Without it belay looks at the containers"});
      return;
    }
    for (const HealthFound& other : findings.health)
      if (other.url != best->url)
        findings.leave(other.at, other.url, "a further URL: an environment's check asks one");
    const std::string host = best->url.substr(std::min(best->url.find("://") + 3, best->url.size()));
    const bool local = host.starts_with("localhost") || host.starts_with("127.0.0.1");
    if (local && !best->on_server)
      findings.leave(best->at, best->url,
                     "the runner asked itself: it never reached the server; belay asks on the server", true);
    std::string value = "{ url: " + scalar(as_belay_text(best->url));
    if (best->on_server && !local) value += ", from: host";
    if (best->attempts && *best->attempts > 0 && *best->attempts <= 1000)
      value += fmt::format(", attempts: {}", *best->attempts);
    if (!best->interval.empty() && best->interval != "0s") value += ", interval: " + best->interval;
    if (best->follows) value += ", follow_redirects: true";
    std::string headers;
    for (const std::string& header : best->headers)
      if (const std::size_t colon = header.find(':'); colon != std::string::npos && is_known(header))
        headers += (headers.empty() ? "" : ", ") +
                   fmt::format("{}: {}", scalar(trimmed(header.substr(0, colon))),
                               scalar(as_belay_text(trimmed(header.substr(colon + 1)))));
    if (!headers.empty()) value += ", headers: { " + headers + " }";
    one.entries.push_back({"health", {value + " }"}, from(best->at)});
  }

  // --- the file --------------------------------------------------------------------------------------------

  static bool equal(const Environment& a, const Environment& b) {
    const auto value = [](const Environment& one) {
      std::vector<Entry> entries;
      for (const Entry& entry : one.entries)
        if (entry.key != "on") entries.push_back(entry);
      return entries;
    };
    return std::ranges::equal(value(a), value(b),
                              [](const Entry& x, const Entry& y) { return x.same_value(y); });
  }

  void unite_equal() {
    std::vector<Environment> united;
    for (Environment& one : environments_) {
      const auto same = std::ranges::find_if(
          united, [&](const Environment& other) { return equal(one, other) && !one.branches.empty(); });
      if (same == united.end()) {
        united.push_back(std::move(one));
        continue;
      }
      add_new(same->branches, one.branches);
      std::erase_if(same->entries, [](const Entry& entry) { return entry.key == "on"; });
      std::vector<Entry> entries = std::move(same->entries);
      same->entries.clear();
      triggers(*same);
      append(same->entries, entries);
    }
    environments_ = std::move(united);
  }

  bool is_shared(const std::string& key) const {
    if (!one_of(key, {"source", "services", "accessories", "values", "build", "registries", "test",
                      "sync.exclude", "migrate"}))
      return false;
    const auto entry_in = [&](const Environment& one) {
      return std::ranges::find(one.entries, key, &Entry::key);
    };
    const auto first = entry_in(environments_.front());
    return first != environments_.front().entries.end() &&
           std::ranges::all_of(environments_, [&](const Environment& one) {
             const auto found = entry_in(one);
             return found != one.entries.end() && found->same_value(*first);
           });
  }

  static std::string rendered_entry(const Entry& entry, int indent) {
    const std::string margin(static_cast<std::size_t>(indent), ' ');
    if (entry.key.starts_with("# "))
      return fmt::format("{}# TODO belay init: {}: {}\n", margin, entry.key.substr(2), entry.comment);
    if (entry.key == "sync.exclude")
      return rendered(Entry{"sync", {"{ exclude: " + entry.lines.front() + " }"}, entry.comment}, indent);
    if (entry.key == "sync.delete")
      return rendered(Entry{"sync", {"{ delete: true }"}, entry.comment}, indent);
    return rendered(entry, indent);
  }

  static std::string rendered_sync(const Environment& one, bool with_exclude, int indent) {
    std::string inside, comment;
    for (const Entry& entry : one.entries) {
      if ((entry.key == "sync.exclude" && with_exclude) || entry.key == "sync.delete") {
        inside += (inside.empty() ? "" : ", ") + entry.key.substr(5) + ": " + entry.lines.front();
        comment = entry.comment;
      }
    }
    return inside.empty() ? "" : rendered(Entry{"sync", {"{ " + inside + " }"}, comment}, indent);
  }

  void write() {
    std::string text =
        "# Written by belay init from what the repository says; each comment names the line a value comes "
        "from.\n";
    const std::string name = application_name(repository_.name);
    text += name.empty() ? rendered(gap("app", "the application's name"), 0)
                         : rendered(Entry{"app", {scalar(name)}}, 0);
    if (name.empty()) ++made_.gaps;
    for (const Entry& entry : environments_.front().entries)
      if (is_shared(entry.key)) {
        text += rendered_entry(entry, 0);
        made_.gaps += entry.gap ? 1 : 0;
      }
    text += "\nenvironments:\n";
    for (const Environment& one : environments_) {
      text += fmt::format("  {}:\n", one.name);
      const bool exclude_here = !is_shared("sync.exclude");
      bool synced = false;
      for (const Entry& entry : one.entries) {
        if (entry.key.starts_with("sync.")) {
          if (!std::exchange(synced, true)) text += rendered_sync(one, exclude_here, 4);
          continue;
        }
        if (is_shared(entry.key)) continue;
        text += rendered_entry(entry, 4);
        made_.gaps += entry.gap ? 1 : 0;
      }
      for (const NotTaken& left : one.findings.not_taken)
        if (std::ranges::none_of(made_.not_taken, [&](const NotTaken& other) {
              return other.key() == left.key() && other.at.file == left.at.file &&
                     other.at.line == left.at.line;
            }))
          made_.not_taken.push_back(left);
    }
    std::ranges::stable_sort(made_.not_taken, {},
                             [](const NotTaken& one) { return std::pair(one.at.file, one.at.line); });
    made_.belay_yml = std::move(text);
    ci_steps();
  }

  // `${{ secrets.X }}`, or what GitHub itself knows by that name.
  std::string github_value(const std::string& name) const {
    for (const char* known :
         {"sha", "actor", "repository", "repository_owner", "ref_name", "run_number", "run_id"}) {
      std::string upper = "GITHUB_";
      for (const char* c = known; *c; ++c)
        upper += *c >= 'a' && *c <= 'z' ? static_cast<char>(*c - 'a' + 'A') : *c;
      if (name == upper) return fmt::format("${{{{ github.{} }}}}", known);
    }
    for (const SourceFile& file : repository_.files)
      if (is_workflow(file.path) && file.text.find("vars." + name) != std::string::npos)
        return fmt::format("${{{{ vars.{} }}}}", name);
    return fmt::format("${{{{ secrets.{} }}}}", name);
  }

  std::string github_text(const std::string& text) const {
    std::string made;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != ci_begin) {
        made += text[i];
        continue;
      }
      const std::size_t end = std::min(text.find(ci_end, i), text.size());
      made += github_value(text.substr(i + 1, end - i - 1));
      i = end;
    }
    return made;
  }

  std::vector<std::pair<std::string, std::string>> variables_for(const Environment& one) const {
    std::vector<std::pair<std::string, std::string>> made;
    if (one.findings.ssh_key)
      made.emplace_back("BELAY_SSH_KEY", github_value(one.findings.ssh_key->text));
    else if (!one.findings.local)
      made.emplace_back("BELAY_SSH_KEY", "${{ secrets.BELAY_SSH_KEY }}");
    std::set<std::string> told;
    for (const Entry& entry : one.entries) {
      for (const std::string& line : entry.lines)
        for (std::size_t at = line.find("${"); at != std::string::npos; at = line.find("${", at + 1)) {
          const std::size_t end = line.find('}', at);
          if (end == std::string::npos || (at > 0 && line[at - 1] == '$')) continue;
          const std::string name = line.substr(at + 2, end - at - 2);
          if (is_name(name) && told.insert(name).second) made.emplace_back(name, github_value(name));
        }
      if (entry.key == "values")
        for (const auto& [name, value] : one.findings.set_variables)
          if (entry.lines.front().find(name) != std::string::npos && told.insert(name).second)
            made.emplace_back(name, is_known(value.text) ? github_text(value.text) : "");
    }
    return made;
  }

  void ci_steps() {
    std::vector<std::string> branches, tags, paths, ignored_paths;
    for (const Environment& one : environments_) {
      add_new(branches, one.branches);
      add_new(tags, one.tags);
      add_new(paths, one.paths);
      add_new(ignored_paths, one.ignored_paths);
    }
    std::string text = "name: belay\non:\n";
    if (!branches.empty() || !tags.empty()) text += "  push:\n";
    for (const auto& [key, values] :
         {std::pair{"branches", branches}, {"tags", tags}, {"paths", paths}, {"paths-ignore", ignored_paths}})
      if (!values.empty() && (!branches.empty() || !tags.empty()))
        text += fmt::format("    {}: {}\n", key, flow(values));
    text += "  workflow_dispatch:\njobs:\n";
    std::string gitlab;
    for (const Environment& one : environments_) {
      text += fmt::format("  {}:\n    runs-on: {}\n", one.name,
                          one.findings.local ? "self-hosted" : "ubuntu-latest");
      if (environments_.size() > 1 && !one.branches.empty()) {
        std::vector<std::string> conditions;
        conditions.reserve(one.branches.size());
        for (const std::string& branch : one.branches)
          conditions.push_back(fmt::format("github.ref == 'refs/heads/{}'", branch));
        text += fmt::format("    if: {}\n", fmt::join(conditions, " || "));
      }
      text +=
          "    steps:\n      - uses: actions/checkout@v4\n      # belay has to be in the runner's PATH.\n";
      text += fmt::format("      - run: belay deploy {} --wait\n        env:\n", one.name);
      gitlab += fmt::format(
          "belay-{0}:\n  stage: deploy\n  script:\n    - belay deploy {0} --wait   # belay has to be in the "
          "runner's PATH\n",
          one.name);
      for (const auto& [name, value] : variables_for(one))
        text += fmt::format("          {}: {}\n", name, value.empty() ? "# TODO belay init" : value);
      if (one.findings.ssh_key && one.findings.ssh_key->text != "BELAY_SSH_KEY")
        gitlab += fmt::format("  variables:\n    BELAY_SSH_KEY: ${}\n", one.findings.ssh_key->text);
      if (one.branches.size() == 1)
        gitlab += fmt::format("  rules:\n    - if: $CI_COMMIT_BRANCH == \"{}\"\n{}", one.branches.front(),
                              one.manual ? "      when: manual\n" : "");
      else if (one.manual)
        gitlab += "  when: manual\n";
    }
    made_.github_workflow = std::move(text);
    if (repository_.find(".gitlab-ci.yml")) made_.gitlab_job = std::move(gitlab);
  }

  const Repository& repository_;
  const Answers& answers_;
  Draft made_;
  std::vector<CiWorkflow> workflows_;
  std::vector<ComposeFile> compose_files_;
  std::vector<Environment> environments_;
  // Of the environment that is being filled.
  std::string source_ = ".", directory_, inside_;
  bool elsewhere_ = false;  // compose is typed outside of where the files go
  Place source_at_, directory_at_;
  std::vector<const ComposeFile*> files_;
  std::vector<std::string> released_;
};

}  // namespace

bool is_read(std::string_view path) {
  return is_workflow(path) || path == ".gitlab-ci.yml" || is_compose_file_name(path) ||
         path.ends_with(".sh") || path == "config/deploy.yml" ||
         path.find("exclude") != std::string_view::npos || path.ends_with(".rsyncignore") ||
         path.ends_with("ignore");
}

Draft draft_of(const Repository& repository, const Answers& answers) {
  return Drafter(repository, answers).draft();
}

}  // namespace belay::importer
