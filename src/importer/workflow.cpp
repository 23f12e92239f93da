#include "importer/workflow.hpp"

#include <algorithm>

#include "model/yaml.hpp"

namespace belay::importer {
namespace {

std::string text_at(const YamlNode& node, std::string_view key) {
  const YamlNode* const found = node.find(key);
  return found && found->kind == YamlNode::Kind::scalar ? found->text : "";
}

std::vector<std::pair<std::string, std::string>> env_of(const YamlNode& node) {
  std::vector<std::pair<std::string, std::string>> made;
  if (const YamlNode* const env = node.find("env"))
    for (const YamlEntry& entry : env->entries)
      if (entry.value.kind == YamlNode::Kind::scalar) made.emplace_back(entry.key, entry.value.text);
  return made;
}

std::string default_directory(const YamlNode& node) {
  const YamlNode* const defaults = node.find("defaults");
  const YamlNode* const run = defaults ? defaults->find("run") : nullptr;
  return run ? text_at(*run, "working-directory") : "";
}

class GithubReader {
 public:
  explicit GithubReader(const SourceFile& file) : file_(file) { made_.file = file.path; }

  CiWorkflow read() {
    const YamlDocument document = parse_foreign_yaml(file_.path, file_.text);
    if (!document.root) return made_;
    const YamlNode& root = *document.root;
    made_.name = text_at(root, "name");
    made_.env = env_of(root);
    directory_ = default_directory(root);
    if (const YamlEntry* const on = root.find_entry("on")) triggers(*on);
    if (const YamlNode* const jobs = root.find("jobs"))
      for (const YamlEntry& entry : jobs->entries) job(entry);
    return std::move(made_);
  }

 private:
  Place at(Location location) const { return {file_.path, location.line}; }

  void triggers(const YamlEntry& on) {
    for (const std::string& one : texts_of(&on.value))
      if (!one_of(one, {"push", "workflow_dispatch"})) made_.other_triggers.emplace_back(at(on.at), one);
    for (const YamlEntry& entry : on.value.entries) {
      if (entry.key == "push")
        push(entry);
      else if (entry.key == "workflow_run")
        after(entry);
      else if (entry.key != "workflow_dispatch")
        made_.other_triggers.emplace_back(at(entry.at), entry.key);
    }
  }

  void push(const YamlEntry& entry) {
    made_.branches_at = at(entry.at);
    made_.branches = texts_of(entry.value.find("branches"));
    made_.paths = texts_of(entry.value.find("paths"));
    made_.ignored_paths = texts_of(entry.value.find("paths-ignore"));
    made_.tags = texts_of(entry.value.find("tags"));
    if (const YamlEntry* const ignored = entry.value.find_entry("branches-ignore"))
      made_.other_triggers.emplace_back(at(ignored->at), "branches-ignore");
  }

  void after(const YamlEntry& entry) {
    made_.after = texts_of(entry.value.find("workflows"));
    made_.branches = texts_of(entry.value.find("branches"));
    made_.branches_at = at(entry.at);
  }

  void job(const YamlEntry& entry) {
    CiJob job;
    job.at = at(entry.at);
    job.id = entry.key;
    job.env = env_of(entry.value);
    job.condition = text_at(entry.value, "if");
    job.uses = text_at(entry.value, "uses");
    job.needs = texts_of(entry.value.find("needs"));
    job.services = services_of(entry.value);
    for (const std::string& runner : texts_of(entry.value.find("runs-on")))
      job.on_the_server = job.on_the_server || runner == "self-hosted";
    if (const YamlNode* const environment = entry.value.find("environment"))
      job.environment =
          environment->kind == YamlNode::Kind::scalar ? environment->text : text_at(*environment, "name");
    matrix(entry.value, job);
    const std::string own = default_directory(entry.value);
    if (const YamlNode* const steps = entry.value.find("steps"))
      for (const YamlNode& one : steps->items) job.steps.push_back(step(one, own.empty() ? directory_ : own));
    made_.jobs.push_back(std::move(job));
  }

  std::vector<std::pair<Place, std::string>> services_of(const YamlNode& node) const {
    std::vector<std::pair<Place, std::string>> made;
    if (const YamlNode* const services = node.find("services"))
      for (const YamlEntry& entry : services->entries) {
        const std::string image =
            entry.value.kind == YamlNode::Kind::scalar ? entry.value.text : text_at(entry.value, "image");
        made.emplace_back(at(entry.at), image.empty() ? entry.key : image);
      }
    return made;
  }

  static void matrix(const YamlNode& node, CiJob& job) {
    const YamlNode* const strategy = node.find("strategy");
    const YamlNode* const matrix = strategy ? strategy->find("matrix") : nullptr;
    if (!matrix) return;
    for (const YamlEntry& entry : matrix->entries)
      if (!one_of(entry.key, {"include", "exclude"})) job.matrix[entry.key] = texts_of(&entry.value);
    if (const YamlNode* const include = matrix->find("include"))
      for (const YamlNode& item : include->items) {
        auto& row = job.matrix_rows.emplace_back();
        for (const YamlEntry& entry : item.entries)
          if (entry.value.kind == YamlNode::Kind::scalar) row[entry.key] = entry.value.text;
      }
  }

  CiStep step(const YamlNode& node, const std::string& directory) const {
    CiStep made;
    made.at = at(node.at);
    made.id = text_at(node, "id");
    made.name = text_at(node, "name");
    made.uses = text_at(node, "uses");
    made.condition = text_at(node, "if");
    made.working_directory = text_at(node, "working-directory");
    if (made.working_directory.empty()) made.working_directory = directory;
    made.env = env_of(node);
    if (const YamlNode* const run = node.find("run")) made.script.push_back(piece_of(*run, file_.text));
    if (const YamlNode* const with = node.find("with"))
      for (const YamlEntry& entry : with->entries)
        if (entry.value.kind == YamlNode::Kind::scalar)
          made.with[entry.key] = piece_of(entry.value, file_.text);
    return made;
  }

  const SourceFile& file_;
  std::string directory_;
  CiWorkflow made_;
};

}  // namespace

const SourceFile* Repository::find(std::string_view path) const {
  const auto found = std::ranges::find(files, path, &SourceFile::path);
  return found == files.end() ? nullptr : &*found;
}

bool Repository::has(std::string_view path) const {
  const std::string inside = std::string(path) + "/";
  return std::ranges::any_of(paths,
                             [&](const std::string& one) { return one == path || one.starts_with(inside); });
}

const ServerFile* Repository::on_server(std::string_view server, std::string_view path) const {
  const auto found = std::ranges::find_if(
      server_files, [&](const ServerFile& one) { return one.server == server && one.path == path; });
  return found == server_files.end() ? nullptr : &*found;
}

const CiJob* CiWorkflow::find(std::string_view job) const {
  const auto found = std::ranges::find(jobs, job, &CiJob::id);
  return found == jobs.end() ? nullptr : &*found;
}

Piece piece_of(const YamlNode& node, std::string_view file_text) {
  int line = 1;
  std::size_t start = 0;
  while (line < node.at.line && start != std::string_view::npos) {
    start = file_text.find('\n', start);
    if (start != std::string_view::npos) ++start;
    ++line;
  }
  const std::size_t offset = start + static_cast<std::size_t>(std::max(node.at.column - 1, 0));
  const bool block = !node.plain && start != std::string_view::npos && offset < file_text.size() &&
                     one_of(file_text.substr(offset, 1), {"|", ">"});
  return {node.text, node.at.line + (block ? 1 : 0)};
}

std::vector<std::string> texts_of(const YamlNode* node) {
  std::vector<std::string> made;
  if (!node) return made;
  if (node->kind == YamlNode::Kind::scalar && !node->is_null()) made.push_back(node->text);
  for (const YamlNode& item : node->items)
    if (item.kind == YamlNode::Kind::scalar) made.push_back(item.text);
  return made;
}

std::vector<CiJob> jobs_of_matrix(const CiJob& job) {
  constexpr std::size_t most_rows = 12;
  auto rows = job.matrix.empty() ? job.matrix_rows : std::vector<std::map<std::string, std::string>>(1);
  for (const auto& [name, values] : job.matrix) {
    std::vector<std::map<std::string, std::string>> longer;
    for (const auto& row : rows)
      for (const std::string& value : values) {
        longer.push_back(row);
        longer.back()[name] = value;
      }
    rows = std::move(longer);
    if (rows.size() > most_rows) return {job};
  }
  if (rows.empty() || rows.size() > most_rows) return {job};
  std::vector<CiJob> made;
  for (const auto& row : rows) {
    CiJob& one = made.emplace_back(job);
    one.matrix.clear();
    for (const auto& [name, value] : row) {
      one.matrix[name] = {value};
      if (one.environment.find("matrix." + name) != std::string::npos) one.environment = value;
    }
    if (!job.matrix.empty())  // an `include` beside lists adds to the rows that it fits
      for (const auto& more : job.matrix_rows)
        if (std::ranges::all_of(more, [&](const auto& pair) {
              const auto own = row.find(pair.first);
              return own == row.end() || own->second == pair.second;
            }))
          for (const auto& [name, value] : more) one.matrix[name] = {value};
  }
  return made;
}

CiWorkflow github_workflow(const SourceFile& file) {
  return GithubReader(file).read();
}

CiWorkflow script_workflow(const SourceFile& file) {
  CiWorkflow made;
  made.kind = CiWorkflow::Kind::script;
  made.file = file.path;
  CiJob job;
  job.id = file.path;
  job.at = {file.path, 1};
  CiStep step;
  step.at = job.at;
  step.script.push_back({file.text, 1});
  job.steps.push_back(std::move(step));
  made.jobs.push_back(std::move(job));
  return made;
}

}  // namespace belay::importer
