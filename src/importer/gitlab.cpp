#include <algorithm>

#include "importer/workflow.hpp"
#include "model/yaml.hpp"

namespace belay::importer {
namespace {

constexpr int most_templates = 10;      // `extends` of `extends`, `include` in an included file
constexpr std::size_t most_files = 50;  // that are included

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

/// A node and the file that it stands in. Node null: there is none.
struct Part {
  const YamlNode* node = nullptr;
  const SourceFile* file = nullptr;
  explicit operator bool() const { return node != nullptr; }
  Part at(std::string_view key) const {
    const YamlNode* const found = node ? node->find(key) : nullptr;
    return {found, file};
  }
  Place place() const { return {file->path, node->at.line}; }
};

class GitlabReader {
 public:
  GitlabReader(const Repository& repository, const SourceFile& file) : repository_(repository) {
    made_.kind = CiWorkflow::Kind::gitlab;
    made_.file = file.path;
    load(file, 0);
  }

  CiWorkflow read() {
    stages_ = texts_of(top("stages").node);
    if (stages_.empty()) stages_ = {"build", "test", "deploy"};
    for (auto root = roots_.rbegin(); root != roots_.rend(); ++root)
      add_variables(*root->document.root, made_.env);
    for (const Root& root : roots_)
      for (const YamlEntry& entry : root.document.root->entries)
        if (!is_reserved(entry.key) && !entry.key.starts_with(".") && !made_.find(entry.key)) job(entry.key);
    order();
    return std::move(made_);
  }

 private:
  struct Root {
    const SourceFile* file;
    YamlDocument document;
  };

  /// The file itself first: what it says comes before what it includes.
  void load(const SourceFile& file, int depth) {
    YamlDocument document = parse_foreign_yaml(file.path, file.text);
    if (!document.root || depth > most_templates || roots_.size() > most_files) return;
    const YamlEntry* const include = document.root->find_entry("include");
    const std::vector<YamlNode> included = !include ? std::vector<YamlNode>{}
                                           : include->value.kind == YamlNode::Kind::sequence
                                               ? include->value.items
                                               : std::vector<YamlNode>{include->value};
    roots_.push_back({&file, std::move(document)});
    for (const YamlNode& one : included) {
      const YamlNode* const local = one.kind == YamlNode::Kind::scalar ? &one : one.find("local");
      std::string path = local && !local->is_null() ? local->text : "";
      while (path.starts_with('/')) path.erase(0, 1);
      const SourceFile* const found = path.empty() ? nullptr : repository_.find(path);
      const bool is_known = std::ranges::any_of(roots_, [&](const Root& root) { return root.file == found; });
      if (found && !is_known)
        load(*found, depth + 1);
      else if (!found)
        made_.other_triggers.emplace_back(Place{file.path, one.at.line}, "include");
    }
  }

  /// Of all files, the first that has it.
  Part top(std::string_view key) const {
    for (const Root& root : roots_)
      if (const YamlNode* const found = root.document.root->find(key)) return {found, root.file};
    return {};
  }

  static void add_variables(const YamlNode& node, std::vector<std::pair<std::string, std::string>>& to) {
    const YamlNode* const variables = node.find("variables");
    if (!variables) return;
    for (const YamlEntry& entry : variables->entries) {
      const YamlNode* const value = entry.value.find("value");
      const YamlNode& text = value ? *value : entry.value;
      if (text.kind == YamlNode::Kind::scalar) to.emplace_back(entry.key, text.text);
    }
  }

  /// A job's variables come on top of those of what it extends.
  void add_all_variables(const YamlNode& job, std::vector<std::pair<std::string, std::string>>& to,
                         int depth = 0) const {
    if (depth < most_templates)
      for (const std::string& name : texts_of(job.find("extends")))
        if (const Part base = top(name)) add_all_variables(*base.node, to, depth + 1);
    add_variables(job, to);
  }

  /// The value of a job's key: its own, its templates' (the last one counts), the default's.
  Part value(const Part& job, std::string_view key, int depth = 0) const {
    if (const Part own = job.at(key)) return own;
    std::vector<std::string> bases = texts_of(job.node->find("extends"));
    std::ranges::reverse(bases);
    if (depth < most_templates)
      for (const std::string& name : bases)
        if (const Part base = top(name))
          if (const Part found = value(base, key, depth + 1)) return found;
    return {};
  }
  Part value_or_default(const Part& job, std::string_view key) const {
    if (const Part found = value(job, key)) return found;
    const Part defaults = top("default");
    const Part found = defaults ? defaults.at(key) : Part{};
    return found ? found : top(key);
  }

  void add_script(const Part& part, CiStep& step, int depth = 0) const {
    if (!part || depth > most_templates) return;
    const YamlNode& node = *part.node;
    if (node.kind == YamlNode::Kind::scalar && !node.is_null()) {
      Piece piece = piece_of(node, part.file->text);
      piece.file = part.file->path;
      step.script.push_back(std::move(piece));
    }
    // !reference [job, key]
    if (node.items.size() == 2 && one_of(node.items[1].text, {"script", "before_script", "after_script"})) {
      const Part job = top(node.items[0].text);
      if (job) return add_script(job.at(node.items[1].text), step, depth + 1);
    }
    for (const YamlNode& item : node.items) add_script({&item, part.file}, step, depth + 1);
  }

  void job(const std::string& id) {
    const Part own = top(id);
    const Part script = value(own, "script");
    if (!script) return;
    CiJob job;
    job.id = id;
    job.at = line_of_key(id);
    add_all_variables(*own.node, job.env);
    if (const Part stage = value(own, "stage")) stage_of_[job.id] = stage.node->text;
    if (const Part needs = value(own, "needs")) {
      job.needs = texts_of(needs.node);
      for (const YamlNode& item : needs.node->items)
        if (const YamlNode* const name = item.find("job")) job.needs.push_back(name->text);
    }
    if (const Part environment = value(own, "environment")) {
      const YamlNode* const name = environment.node->find("name");
      job.environment = name ? name->text : environment.node->text;
    }
    if (const Part when = value(own, "when")) job.manual = when.node->text == "manual";
    if (const Part services = own.at("services"))
      for (const YamlNode& item : services.node->items) {
        const YamlNode* const name = item.find("name");
        job.services.emplace_back(Place{services.file->path, item.at.line}, name ? name->text : item.text);
      }
    branches(own, job);
    CiStep step;
    step.at = job.at;
    add_script(value_or_default(own, "before_script"), step);
    add_script(script, step);
    job.steps.push_back(std::move(step));
    made_.jobs.push_back(std::move(job));
  }

  Place line_of_key(std::string_view key) const {
    for (const Root& root : roots_)
      if (const YamlEntry* const entry = root.document.root->find_entry(key))
        return {root.file->path, entry->at.line};
    return {};
  }

  void branches(const Part& own, CiJob& job) const {
    if (const Part only = value(own, "only")) {
      const YamlNode* const refs = only.node->find("refs");
      for (const std::string& one : texts_of(refs ? refs : only.node))
        if (!one_of(one, {"branches", "merge_requests", "tags", "web", "pushes", "schedules"}))
          job.branches.push_back(one);
    }
    const Part rules = value(own, "rules");
    if (!rules) return;
    for (const YamlNode& rule : rules.node->items) {
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

  const Repository& repository_;
  std::vector<Root> roots_;
  std::vector<std::string> stages_;
  std::map<std::string, std::string> stage_of_;
  CiWorkflow made_;
};

}  // namespace

CiWorkflow gitlab_workflow(const Repository& repository, const SourceFile& file) {
  return GitlabReader(repository, file).read();
}

}  // namespace belay::importer
