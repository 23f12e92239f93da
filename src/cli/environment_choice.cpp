#include "cli/environment_choice.hpp"

#include <algorithm>
#include <sstream>
#include <tuple>

#include <boost/json/object.hpp>
#include <fmt/core.h>

#include "base/files.hpp"
#include "base/nearest.hpp"
#include "control/agent.hpp"
#include "control/secret_values.hpp"
#include "drivers/time_zones.hpp"

namespace belay::cli {
namespace {

std::string line_of(const std::string& text, int number) {
  std::istringstream lines(text);
  std::string line;
  while (number-- > 0) std::getline(lines, line);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

/// In the files' order and each once: two environments may have the same file of secrets.
Problems in_order(Problems problems) {
  const auto place = [](const Problem& one) {
    return std::tie(one.file, one.at.line, one.at.column, one.message);
  };
  std::ranges::sort(problems, {}, place);
  const auto again = std::ranges::unique(problems, {}, place);
  problems.erase(again.begin(), again.end());
  return problems;
}

/// The values of the caller's environment that belay.yml names.
Values values_at_hand(const std::string& text, const VariableLookup& variable) {
  Values values;
  for (const auto& name : variables_in(text))
    if (auto value = variable(name)) values.emplace(name, std::move(*value));
  return values;
}

/// Asks the sources of every environment that needs a secret; shows all that they could not give at once.
SecretValues values_from_sources(const fs::path& file, const std::string& text,
                                 const VariableLookup& variable, const SecretNeeds& needs,
                                 const std::stop_token& stop) {
  SecretAsker asker(file, values_at_hand(text, variable), stop);
  SecretValues values;
  Problems problems;
  for (const auto& [environment, needed] : needs) {
    auto given = asker.ask(environment, needed);
    if (given)
      values.emplace(environment, std::move(*given));
    else
      problems.insert(problems.end(), given.error().begin(), given.error().end());
  }
  if (problems.empty()) return values;
  for (auto& problem : problems)
    if (problem.file == file.string()) problem.line_text = line_of(text, problem.at.line);
  throw BadConfig(in_order(std::move(problems)));
}

/// With file names as people write them.
Problems named_nearby(Problems problems) {
  for (Problem& problem : problems) problem.file = near_name(problem.file);
  return problems;
}

}  // namespace

std::string near_name(const fs::path& file) {
  const std::string relative = fs::proximate(file, fs::current_path()).string();
  return relative.starts_with("../../..") ? file.string() : relative;
}

BadConfig::BadConfig(Problems problems)
    : Error(fmt::format("{} in {}", counted(problems.size(), "problem"),
                        problems.empty() ? "belay.yml" : near_name(problems.front().file)),
            "", "", ExitCode::bad_input),
      problems_(named_nearby(std::move(problems))) {}

boost::json::array problems_json(const Problems& problems) {
  boost::json::array list;
  for (const Problem& problem : problems)
    list.push_back(boost::json::object{{"file", problem.file},
                                       {"line", problem.at.line},
                                       {"column", problem.at.column},
                                       {"message", problem.message},
                                       {"remedy", problem.remedy}});
  return list;
}

std::string problems_text(const Problems& problems, const Style& style) {
  std::string text;
  for (const Problem& problem : problems) text += rendered(problem);
  return text + style.bold_red(counted(problems.size(), "problem")) + "; nothing was touched\n";
}

fs::path find_config(const std::optional<fs::path>& given, const fs::path& start) {
  std::error_code unreadable;  // a directory that may not be searched is one without the file
  if (given) {
    if (fs::is_regular_file(*given, unreadable)) return fs::absolute(*given);
    throw Error(fmt::format("{} is not a file", given->string()), "",
                "--config takes the path of a belay.yml.", ExitCode::bad_input);
  }
  for (fs::path directory = start;; directory = directory.parent_path()) {
    if (fs::is_regular_file(directory / "belay.yml", unreadable)) return directory / "belay.yml";
    if (directory == directory.parent_path()) break;
  }
  throw Error(fmt::format("no belay.yml in {} or above", start.string()), "",
              "Go to the project's directory, or give the file with --config FILE.\n"
              "belay help shows what a belay.yml looks like.",
              ExitCode::bad_input);
}

Config load_config(const fs::path& file, const VariableLookup& variable,
                   const std::optional<std::string>& environment, Needed needed, std::stop_token stop) {
  const std::string text = read_file(file);
  const auto zones = zones_of_this_machine(variable);
  auto needs = secrets_needed(file, text, variable, environment, needed, zones);
  if (!needs) throw BadConfig(std::move(needs.error()));
  auto config = parse_config(file, text, variable, environment, needed,
                             values_from_sources(file, text, variable, *needs, stop), zones);
  if (!config) throw BadConfig(std::move(config.error()));
  return std::move(*config);
}

Chosen choose_environment(const std::optional<fs::path>& given_config, const std::string& name,
                          const VariableLookup& variable, Needed needed, std::stop_token stop) {
  const fs::path file = find_config(given_config, fs::current_path());
  Chosen chosen{load_config(file, variable, name, needed, std::move(stop)), name};
  if (chosen.config.find(name)) return chosen;

  std::vector<std::string> names;
  std::string list;
  for (const EnvironmentConfig& environment : chosen.config.environments) {
    names.push_back(environment.name);
    list += (list.empty() ? "" : ", ") + environment.name;
  }
  if (name.empty())
    throw Error("which environment?", "", fmt::format("{} has: {}", near_name(file), list),
                ExitCode::bad_input);
  const auto meant = nearest(name, names);
  throw Error(fmt::format("there is no environment '{}' in {}", name, near_name(file)), "",
              (meant ? fmt::format("Did you mean {}?\n", *meant) : "") + fmt::format("There are: {}", list),
              ExitCode::bad_input);
}

namespace {

/// By name and environment: two environments may have different values of one variable.
void add_hidden(const EnvironmentConfig& environment, Values& into) {
  for (const auto& [name, value] : environment.variables)
    if (std::ranges::find(environment.shown_variables, name) == environment.shown_variables.end())
      into.emplace(name + " of " + environment.name, value);
  for (const auto& [name, value] : environment.notify_values)
    into.emplace(name + " of " + environment.name + ", notify", value);
}

/// Before anything that could show the values is printed. The lines that name them pass by the masks that are
/// in force already.
void hide_in_the_job(Context& context, const Values& hidden) {
  context.platform->hide(Masks(hidden));
  if (!context.platform->reads_stdout()) return;
  std::vector<std::string> values;
  for (const auto& [name, value] : hidden) values.push_back(value);
  for (const auto& key : {ssh_key_from_environment(), key_from_environment()})
    if (key) values.push_back(*key);
  Output(context.out.fd()).write(context.platform->hides(values));
}

void hide(Context& context, const Values& hidden) {
  if (context.platform) hide_in_the_job(context, hidden);
  context.out.hide(Masks(hidden));
  context.err.hide(Masks(hidden));
}

}  // namespace

Chosen choose_environment(Context& context, const std::string& name, Needed needed) {
  Chosen chosen = choose_environment(context.config, name, context.variable, needed, context.stop());
  Values hidden;
  add_hidden(chosen.environment(), hidden);
  hide(context, hidden);
  return chosen;
}

void hide_secrets(Context& context, const Config& config) {
  Values hidden;
  for (const auto& environment : config.environments) add_hidden(environment, hidden);
  hide(context, hidden);
}

}  // namespace belay::cli
