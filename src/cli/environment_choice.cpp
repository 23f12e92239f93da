#include "cli/environment_choice.hpp"

#include <algorithm>

#include <boost/json/object.hpp>
#include <fmt/core.h>

#include "base/files.hpp"
#include "base/nearest.hpp"
#include "control/agent.hpp"
#include "control/secret_values.hpp"
#include "model/secrets.hpp"

namespace belay::cli {
namespace {

[[noreturn]] void refuse(Problems problems) {
  for (Problem& problem : problems) problem.file = near_name(problem.file);
  throw BadConfig(std::move(problems));
}

/// Asks the sources of every environment that needs a secret; shows all that they could not give at once.
SecretValues values_from_sources(const fs::path& file, const SecretNeeds& needs,
                                 const std::stop_token& stop) {
  SecretValues values;
  Problems problems;
  for (const auto& [environment, needed] : needs) {
    const SecretsPlace place{needed.app, file.parent_path(), needed.sources};
    auto given = secret_values(place, file.string(), environment, needed, stop);
    if (given)
      values.emplace(environment, std::move(*given));
    else
      problems.insert(problems.end(), given.error().begin(), given.error().end());
  }
  if (!problems.empty()) refuse(std::move(problems));
  return values;
}

}  // namespace

std::string near_name(const fs::path& file) {
  const std::string relative = fs::proximate(file, fs::current_path()).string();
  return relative.starts_with("../../..") ? file.string() : relative;
}

BadConfig::BadConfig(Problems problems)
    : Error(fmt::format("{} in {}", counted(problems.size(), "problem"),
                        problems.empty() ? "belay.yml" : problems.front().file),
            "", "", ExitCode::bad_input),
      problems_(std::move(problems)) {}

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
  auto needs = secrets_needed(file, text, variable, environment, needed);
  if (!needs) refuse(std::move(needs.error()));
  auto config =
      parse_config(file, text, variable, environment, needed, values_from_sources(file, *needs, stop));
  if (!config) refuse(std::move(config.error()));
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

/// Before anything that could show the values is printed. The lines that name them pass by the masks that are
/// in force already.
void hide_in_the_job(Context& context, const EnvironmentConfig& environment, const Masks& masks) {
  context.platform->hide(masks);
  if (!context.platform->reads_stdout()) return;
  std::vector<std::string> values;
  for (const auto& [name, value] : environment.variables)
    if (std::ranges::find(environment.shown_variables, name) == environment.shown_variables.end())
      values.push_back(value);
  if (const auto& key = ssh_key_from_environment()) values.push_back(*key);
  Output(context.out.fd()).write(context.platform->hides(values));
}

}  // namespace

Chosen choose_environment(Context& context, const std::string& name, Needed needed) {
  Chosen chosen = choose_environment(context.config, name, context.variable, needed, context.stop());
  const auto masks = masks_of(chosen.environment(), chosen.environment().variables);
  if (context.platform) hide_in_the_job(context, chosen.environment(), masks);
  context.out.hide(masks);
  context.err.hide(masks);
  return chosen;
}

}  // namespace belay::cli
