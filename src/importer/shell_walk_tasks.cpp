#include <algorithm>

#include <fmt/core.h>

#include "importer/command_words.hpp"
#include "importer/shell_walk.hpp"
#include "model/yaml.hpp"

namespace belay::importer {
namespace {

// Else it is one of the tests' commands, and is left as it is.
bool deploys(std::string_view recipe) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"ssh ", "scp ", "rsync ", "docker compose", "docker-compose",
                                              "deploy.sh"},
      [&](std::string_view word) { return recipe.find(word) != std::string_view::npos; });
}

/// A Makefile as far as a recipe needs it.
class Makefile {
 public:
  explicit Makefile(std::string_view text) {
    int number = 0;
    for (const std::string& row : split(text, '\n')) {
      ++number;
      if (row.starts_with('\t')) {
        if (open_) targets_.back().recipe.push_back({row.substr(1), number});
      } else if (!trimmed(row).empty() && !row.starts_with('#')) {
        rule_or_variable(row);
      }
    }
  }

  struct Row {
    std::string text;
    int line = 0;
  };
  struct Target {
    std::vector<std::string> names, needs;
    std::vector<Row> recipe;
  };
  const Target* find(std::string_view name) const {
    for (const Target& one : targets_)
      if (std::ranges::find(one.names, name) != one.names.end() && !(one.recipe.empty() && one.needs.empty()))
        return &one;
    return nullptr;
  }
  const Target* first() const {
    for (const Target& one : targets_)
      if (!one.names.empty() && !one.names.front().starts_with('.')) return &one;
    return nullptr;
  }
  const Scope& variables() const { return variables_; }

 private:
  void rule_or_variable(const std::string& row) {
    const std::size_t equals = row.find('=');
    const std::size_t colon = row.find(':');
    open_ = false;
    if (equals != std::string::npos && (colon == std::string::npos || colon + 1 >= equals)) {
      std::string name = row.substr(0, std::min(row.find_first_of(":?+="), equals));
      name = trimmed(name.starts_with("export ") ? name.substr(7) : name);
      if (is_name(name)) variables_[name] = trimmed(row.substr(equals + 1));
      return;
    }
    if (colon == std::string::npos) return;
    open_ = true;
    Target made;
    for (const std::string& one : split(row.substr(0, colon), ' '))
      if (!one.empty()) made.names.push_back(one);
    const std::size_t comment = std::min(row.find('#', colon), row.size());
    for (const std::string& one : split(row.substr(colon + 1, comment - colon - 1), ' '))
      if (!trimmed(one).empty()) made.needs.push_back(trimmed(one));
    targets_.push_back(std::move(made));
  }

 private:
  std::vector<Target> targets_;
  Scope variables_;
  bool open_ = false;
};

// What make puts in for `$(NAME)`, also in quotes; `$$` is the shell's dollar. On the runner a name that the
// Makefile does not set is the CI's.
std::string filled_by_make(std::string_view text, const Scope& scope, bool on_server, int depth = 0) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char open = i + 1 < text.size() ? text[i + 1] : '\0';
    const std::size_t end = open == '('   ? text.find(')', i)
                            : open == '{' ? text.find('}', i)
                                          : std::string_view::npos;
    const std::string name(end == std::string_view::npos ? "" : text.substr(i + 2, end - i - 2));
    if (text[i] == '$' && open == '$') {
      made += '$';
      ++i;
    } else if (text[i] == '$' && is_name(name)) {
      const auto known = scope.find(name);
      if (known != scope.end() && depth < deepest_call)
        made += filled_by_make(known->second, scope, on_server, depth + 1);
      else
        made += on_server ? fmt::format("${{{}}}", name) : ci_variable(name);
      i = end;
    } else {
      made += text[i];
    }
    if (made.size() > 65536) return made;  // variables that hold each other
  }
  return made;
}

std::string recipe_of(const Makefile& makefile, const Makefile::Target& target, int& line, int depth = 0) {
  std::string text;
  if (depth > deepest_call) return text;
  for (const std::string& need : target.needs)
    if (const Makefile::Target* const found = makefile.find(need); found && found != &target)
      text += recipe_of(makefile, *found, line, depth + 1);
  if (text.empty() && !target.recipe.empty()) line = target.recipe.front().line;
  for (const Makefile::Row& row : target.recipe) {
    std::string one = row.text;
    bool may_fail = false;
    while (!one.empty() && one_of(one.substr(0, 1), {"@", "-", "+", " "})) {
      may_fail = may_fail || one.front() == '-';
      one.erase(0, 1);
    }
    text += one + (may_fail ? " || true\n" : "\n");
  }
  return text;
}

}  // namespace

const SourceFile* ShellWalk::beside(std::string_view name, const ShellState& state) const {
  for (const std::string& directory :
       {path_of(state.directory, {}), path_of(state.test_directory, {}), std::string()}) {
    if (directory.starts_with('/') && !state.on_server) continue;
    const SourceFile* const file = repository_.find(
        directory.empty() || state.on_server ? std::string(name) : fmt::format("{}/{}", directory, name));
    if (file) return file;
  }
  return nullptr;
}

// make TARGET: its recipe, if that deploys.
bool ShellWalk::make(const std::vector<std::string>& words, ShellState& state) {
  const Arguments given = arguments_of(words, 1, {"-C", "--directory", "-f", "--file", "-j"}, false);
  ShellState inside = state;
  if (const std::string directory = given.value({"-C", "--directory"}); !directory.empty())
    inside.directory = path_of(directory, state);
  const std::string named = given.value({"-f", "--file"});
  const SourceFile* file = nullptr;
  for (const std::string& name :
       {named, std::string("Makefile"), std::string("makefile"), std::string("GNUmakefile")})
    if (!file && !name.empty()) file = beside(name, inside);
  if (!file || state.depth >= deepest_call) return false;
  const Makefile makefile(file->text);
  for (const auto& [name, value] : makefile.variables()) inside.variables.try_emplace(name, value);
  std::vector<std::string> goals;
  for (const std::string& word : given.words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos)
      goals.push_back(word);
    else
      inside.variables[word.substr(0, equals)] = word.substr(equals + 1);
  }
  bool is_read = false;
  for (const std::string& goal : goals.empty() ? std::vector<std::string>{""} : goals) {
    const Makefile::Target* const target = goal.empty() ? makefile.first() : makefile.find(goal);
    int line = 1;
    const std::string recipe = target ? recipe_of(makefile, *target, line) : "";
    if (recipe.empty() || !(state.on_server || deploys(recipe))) continue;
    inside.at = {file->path, 1};
    inside.depth = state.depth + 1;
    read(filled_by_make(recipe, inside.variables, state.on_server), line, inside);
    is_read = true;
  }
  return is_read;
}

// npm run NAME: the script of package.json, if that deploys.
bool ShellWalk::package_script(const std::vector<std::string>& words, ShellState& state) {
  const std::size_t name = words.size() > 1 && one_of(words[1], {"run", "run-script"}) ? 2 : 1;
  if (words.size() <= name || (words[0] == "npm" && name == 1) || state.depth >= deepest_call) return false;
  const SourceFile* const file = beside("package.json", state);
  if (!file) return false;
  const YamlDocument document = parse_foreign_yaml(file->path, file->text);  // JSON is YAML
  const YamlNode* const scripts = document.root ? document.root->find("scripts") : nullptr;
  const YamlNode* const script = scripts ? scripts->find(words[name]) : nullptr;
  if (!script || script->kind != YamlNode::Kind::scalar || !(state.on_server || deploys(script->text)))
    return false;
  ShellState inside = state;
  inside.at = {file->path, script->at.line};
  inside.depth = state.depth + 1;
  read(script->text, script->at.line, inside);
  return true;
}

}  // namespace belay::importer
