#include <algorithm>

#include "importer/workflow.hpp"
#include "model/yaml.hpp"

namespace belay::importer {
namespace {

constexpr int most_templates = 10;  // `extends` of `extends`

bool is_reserved(std::string_view key) {
  return one_of(key, {"stages", "variables", "default", "include", "workflow", "image", "services", "cache",
                      "before_script", "after_script", "pages"});
}

// `$CI_COMMIT_BRANCH == "main"`: the branch that a rule names.
std::string branch_in(std::string_view rule) {
  if (rule.find("BRANCH") == std::string_view::npos && rule.find("REF_NAME") == std::string_view::npos)
    return "";
  const std::size_t equal = rule.find("==");
  if (equal == std::string_view::npos) return "";
  const std::size_t begin = rule.find_first_of("\"'", equal);
  const std::size_t end = begin == std::string_view::npos ? begin : rule.find(rule[begin], begin + 1);
  return end == std::string_view::npos ? "" : std::string(rule.substr(begin + 1, end - begin - 1));
}

class GitlabReader {
 public:
  explicit GitlabReader(const SourceFile& file) : file_(file) {
    made_.kind = CiWorkflow::Kind::gitlab;
    made_.file = file.path;
  }

  CiWorkflow read() {
    const YamlDocument document = parse_foreign_yaml(file_.path, file_.text);
    if (!document.root) return made_;
    root_ = &*document.root;
    stages_ = texts_of(root_->find("stages"));
    if (stages_.empty()) stages_ = {"build", "test", "deploy"};
    made_.env = variables_of(*root_);
    if (const YamlEntry* const include = root_->find_entry("include"))
      made_.other_triggers.emplace_back(Place{file_.path, include->at.line}, "include");
    for (const YamlEntry& entry : root_->entries)
      if (!is_reserved(entry.key) && !entry.key.starts_with(".")) job(entry);
    order();
    return std::move(made_);
  }

 private:
  static std::vector<std::pair<std::string, std::string>> variables_of(const YamlNode& node) {
    std::vector<std::pair<std::string, std::string>> made;
    if (const YamlNode* const variables = node.find("variables"))
      for (const YamlEntry& entry : variables->entries) {
        const YamlNode* const value = entry.value.find("value");
        const YamlNode& text = value ? *value : entry.value;
        if (text.kind == YamlNode::Kind::scalar) made.emplace_back(entry.key, text.text);
      }
    return made;
  }

  /// The value of a job's key: its own, its templates', the default's.
  const YamlNode* value(const YamlNode& job, std::string_view key, int depth = 0) const {
    if (const YamlNode* const own = job.find(key)) return own;
    if (depth < most_templates)
      for (const std::string& name : texts_of(job.find("extends")))
        if (const YamlNode* const base = root_->find(name))
          if (const YamlNode* const found = value(*base, key, depth + 1)) return found;
    return nullptr;
  }
  const YamlNode* value_or_default(const YamlNode& job, std::string_view key) const {
    if (const YamlNode* const found = value(job, key)) return found;
    const YamlNode* const defaults = root_->find("default");
    const YamlNode* const found = defaults ? defaults->find(key) : nullptr;
    return found ? found : root_->find(key);
  }

  void add_script(const YamlNode* node, CiStep& step, int depth = 0) const {
    if (!node || depth > most_templates) return;
    if (node->kind == YamlNode::Kind::scalar && !node->is_null())
      step.script.push_back(piece_of(*node, file_.text));
    // !reference [job, key]
    if (node->items.size() == 2 && node->items[1].text == "script") {
      const YamlNode* const job = root_->find(node->items[0].text);
      if (job) return add_script(job->find("script"), step, depth + 1);
    }
    for (const YamlNode& item : node->items) add_script(&item, step, depth + 1);
  }

  void job(const YamlEntry& entry) {
    const YamlNode* const script = value(entry.value, "script");
    if (!script) return;
    CiJob job;
    job.id = entry.key;
    job.at = {file_.path, entry.at.line};
    job.env = variables_of(entry.value);
    if (const YamlNode* const stage = value(entry.value, "stage")) stage_of_[job.id] = stage->text;
    if (const YamlNode* const needs = entry.value.find("needs")) {
      job.needs = texts_of(needs);
      for (const YamlNode& item : needs->items)
        if (const YamlNode* const name = item.find("job")) job.needs.push_back(name->text);
    }
    if (const YamlNode* const environment = value(entry.value, "environment")) {
      const YamlNode* const name = environment->find("name");
      job.environment = name ? name->text : environment->text;
    }
    if (const YamlNode* const when = value(entry.value, "when")) job.manual = when->text == "manual";
    if (const YamlNode* const services = entry.value.find("services"))
      for (const YamlNode& item : services->items) {
        const YamlNode* const name = item.find("name");
        job.services.emplace_back(Place{file_.path, item.at.line}, name ? name->text : item.text);
      }
    branches(entry.value, job);
    CiStep step;
    step.at = job.at;
    add_script(value_or_default(entry.value, "before_script"), step);
    add_script(script, step);
    job.steps.push_back(std::move(step));
    made_.jobs.push_back(std::move(job));
  }

  void branches(const YamlNode& node, CiJob& job) const {
    if (const YamlNode* const only = value(node, "only")) {
      const YamlNode* const refs = only->find("refs");
      for (const std::string& one : texts_of(refs ? refs : only))
        if (!one_of(one, {"branches", "merge_requests", "tags", "web", "pushes", "schedules"}))
          job.branches.push_back(one);
    }
    const YamlNode* const rules = value(node, "rules");
    if (!rules) return;
    for (const YamlNode& rule : rules->items) {
      const YamlNode* const condition = rule.find("if");
      const YamlNode* const when = rule.find("when");
      if (when && when->text == "never") continue;
      if (when && when->text == "manual") job.manual = true;
      const std::string branch = condition ? branch_in(condition->text) : "";
      if (!branch.empty()) job.branches.push_back(branch);
    }
  }

  /// A job without `needs` comes after all jobs of the stages before its own.
  void order() {
    const auto rank = [&](const CiJob& job) {
      const auto stage = stage_of_.find(job.id);
      return std::ranges::find(stages_, stage == stage_of_.end() ? "test" : stage->second) - stages_.begin();
    };
    for (CiJob& job : made_.jobs)
      if (job.needs.empty())
        for (const CiJob& other : made_.jobs)
          if (rank(other) < rank(job)) job.needs.push_back(other.id);
  }

  const SourceFile& file_;
  const YamlNode* root_ = nullptr;
  std::vector<std::string> stages_;
  std::map<std::string, std::string> stage_of_;
  CiWorkflow made_;
};

}  // namespace

CiWorkflow gitlab_workflow(const SourceFile& file) {
  return GitlabReader(file).read();
}

}  // namespace belay::importer
