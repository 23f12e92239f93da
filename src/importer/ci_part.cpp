#include "importer/ci_part.hpp"

#include <set>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "importer/drafting.hpp"

namespace belay::importer {
namespace {

// `${{ secrets.X }}`, or what GitHub itself knows by that name.
std::string github_value(const Repository& repository, const std::string& name) {
  for (const char* known :
       {"sha", "actor", "repository", "repository_owner", "ref_name", "run_number", "run_id"}) {
    std::string upper = "GITHUB_";
    for (const char* c = known; *c; ++c)
      upper += *c >= 'a' && *c <= 'z' ? static_cast<char>(*c - 'a' + 'A') : *c;
    if (name == upper) return fmt::format("${{{{ github.{} }}}}", known);
  }
  for (const SourceFile& file : repository.files)
    if (is_workflow(file.path) && file.text.find("vars." + name) != std::string::npos)
      return fmt::format("${{{{ vars.{} }}}}", name);
  return fmt::format("${{{{ secrets.{} }}}}", name);
}

std::string github_text(const Repository& repository, const std::string& text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ci_begin) {
      made += text[i];
      continue;
    }
    const std::size_t end = std::min(text.find(ci_end, i), text.size());
    made += github_value(repository, text.substr(i + 1, end - i - 1));
    i = end;
  }
  return made;
}

// What only the old workflow's run knows.
std::string unknown_text(const std::string& value) {
  const bool is_expression = value.starts_with("$(") && value.ends_with(')');
  return is_expression ? fmt::format("# TODO belay init: ${{{{ {} }}}} of the old workflow",
                                     value.substr(2, value.size() - 3))
                       : "# TODO belay init";
}

std::vector<std::pair<std::string, std::string>> variables_for(const Repository& repository,
                                                               const Environment& one) {
  std::vector<std::pair<std::string, std::string>> made;
  if (one.findings.ssh_key)
    made.emplace_back("BELAY_SSH_KEY", github_value(repository, one.findings.ssh_key->text));
  else if (!one.findings.local)
    made.emplace_back("BELAY_SSH_KEY", "${{ secrets.BELAY_SSH_KEY }}");
  std::set<std::string> told;
  for (const auto& [name, value] : one.given)
    if (told.insert(name).second)
      made.emplace_back(name, is_known(value) ? github_text(repository, value) : unknown_text(value));
  for (const Entry& entry : one.entries) {
    for (const std::string& line : entry.lines)
      for (std::size_t at = line.find("${"); at != std::string::npos; at = line.find("${", at + 1)) {
        const std::size_t end = line.find('}', at);
        if (end == std::string::npos || (at > 0 && line[at - 1] == '$')) continue;
        const std::string name = line.substr(at + 2, end - at - 2);
        if (is_name(name) && told.insert(name).second)
          made.emplace_back(name, github_value(repository, name));
      }
    if (entry.key == "values")
      for (const auto& [name, value] : one.findings.set_variables)
        if (entry.lines.front().find(name) != std::string::npos && told.insert(name).second)
          made.emplace_back(
              name, is_known(value.text) ? github_text(repository, value.text) : unknown_text(value.text));
  }
  return made;
}

std::string triggers_part(const std::vector<Environment>& environments) {
  std::vector<std::string> branches, tags, paths, ignored_paths;
  for (const Environment& one : environments) {
    add_new(branches, one.branches);
    add_new(tags, one.tags);
    add_new(paths, one.paths);
    add_new(ignored_paths, one.ignored_paths);
  }
  std::string text = "on:\n";
  if (!branches.empty() || !tags.empty()) text += "  push:\n";
  for (const auto& [key, values] :
       {std::pair{"branches", branches}, {"tags", tags}, {"paths", paths}, {"paths-ignore", ignored_paths}})
    if (!values.empty() && (!branches.empty() || !tags.empty()))
      text += fmt::format("    {}: {}\n", key, flow(values));
  return text + "  workflow_dispatch:\n";
}

// GitLab's jobs have its variables anyway: only those that get another name.
std::vector<std::pair<std::string, std::string>> gitlab_variables(const Environment& one) {
  std::vector<std::pair<std::string, std::string>> made;
  if (one.findings.ssh_key && one.findings.ssh_key->text != "BELAY_SSH_KEY")
    made.emplace_back("BELAY_SSH_KEY", "$" + one.findings.ssh_key->text);
  std::set<std::string> told;
  for (const Entry& entry : one.entries)
    for (const auto& [name, value] : one.findings.set_variables) {
      if (entry.key != "values" || entry.lines.front().find(name) == std::string::npos ||
          !told.insert(name).second)
        continue;
      std::string text;
      for (const char c : value.text) {
        if (c == ci_begin)
          text += "${";
        else if (c == ci_end)
          text += '}';
        else
          text += c;
      }
      if (value.text != ci_variable(name))
        made.emplace_back(name, is_known(value.text) ? scalar(text) : "# TODO belay init");
    }
  return made;
}

}  // namespace

std::string github_part(const Repository& repository, const std::vector<Environment>& environments) {
  std::string text = "name: belay\n" + triggers_part(environments) + "jobs:\n";
  for (const Environment& one : environments) {
    text += fmt::format("  {}:\n    runs-on: {}\n", one.name,
                        one.findings.local ? "self-hosted" : "ubuntu-latest");
    if (environments.size() > 1 && !one.branches.empty()) {
      std::vector<std::string> conditions;
      conditions.reserve(one.branches.size());
      for (const std::string& branch : one.branches)
        conditions.push_back(fmt::format("github.ref == 'refs/heads/{}'", branch));
      text += fmt::format("    if: {}\n", fmt::join(conditions, " || "));
    }
    text += "    steps:\n      - uses: actions/checkout@v4\n      # belay has to be in the runner's PATH.\n";
    if (one.decoded.empty()) {
      text += fmt::format("      - run: belay deploy {} --wait\n        env:\n", one.name);
    } else {
      text += "      - run: |\n";
      for (const std::string& name : one.decoded)
        text += fmt::format("          export {0}=\"$(printf %s \"${0}\" | base64 -d)\"\n", name);
      text += fmt::format("          belay deploy {} --wait\n        env:\n", one.name);
    }
    for (const auto& [name, value] : variables_for(repository, one))
      text += fmt::format("          {}: {}\n", name, value);
  }
  return text;
}

std::string gitlab_part(const std::vector<Environment>& environments) {
  std::string text;
  for (const Environment& one : environments) {
    text += fmt::format("belay-{}:\n  stage: deploy\n  script:\n", one.name);
    for (const std::string& name : one.decoded)
      text += fmt::format("    - export {0}=\"$(printf %s \"${0}\" | base64 -d)\"\n", name);
    text += fmt::format("    - belay deploy {} --wait   # belay has to be in the runner's PATH\n", one.name);
    std::string variables;
    for (const auto& [name, value] : gitlab_variables(one))
      variables += fmt::format("    {}: {}\n", name, value);
    if (!variables.empty()) text += "  variables:\n" + variables;
    if (one.branches.size() == 1)
      text += fmt::format("  rules:\n    - if: $CI_COMMIT_BRANCH == \"{}\"\n{}", one.branches.front(),
                          one.manual ? "      when: manual\n" : "");
    else if (one.manual)
      text += "  when: manual\n";
  }
  return text;
}

}  // namespace belay::importer
