#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "cli/context.hpp"
#include "cli/environment_choice.hpp"
#include "cli/error_text.hpp"
#include "cli/quiet_watcher.hpp"
#include "cli/screens.hpp"
#include "cli/text_width.hpp"

namespace belay::cli {
namespace {

using Weight = Finding::Weight;

std::size_t count(const std::vector<Finding>& findings, Weight weight) {
  return static_cast<std::size_t>(std::ranges::count(findings, weight, &Finding::weight));
}

std::string mark(Weight weight, const Style& style) {
  switch (weight) {
    case Weight::ok:
      return style.green(style.tick());
    case Weight::warning:
      return style.yellow("!");
    case Weight::problem:
      return style.bold_red(style.cross());
  }
  return " ";
}

const char* word(Weight weight) {
  return weight == Weight::ok ? "ok" : weight == Weight::warning ? "warning" : "problem";
}

std::string verdict(const std::vector<Finding>& findings, const std::string& environment,
                    const Style& style) {
  const std::size_t problems = count(findings, Weight::problem), warnings = count(findings, Weight::warning);
  std::string text = problems > 0 ? style.bold_red(counted(problems, "problem")) : style.bold_green("Ready");
  if (warnings > 0) text += ", " + style.yellow(counted(warnings, "warning"));
  return problems > 0 ? text + "\n" : fmt::format("{} for  belay deploy {}\n", text, environment);
}

// Without a name: every environment of the file.
std::vector<std::string> environments_meant(const Config& config, const std::string& name) {
  if (!name.empty()) return {name};
  std::vector<std::string> names;
  names.reserve(config.environments.size());
  for (const EnvironmentConfig& environment : config.environments) names.push_back(environment.name);
  return names;
}

Config checked_config(const command::Check& asked, Context& context) {
  if (!asked.environment.empty())
    return choose_environment(context, asked.environment, Needed::for_a_release).config;
  const auto file = find_config(context.config, std::filesystem::current_path());
  auto config = load_config(file, context.variable, std::nullopt, Needed::for_a_release, context.stop());
  hide_secrets(context, config);
  return config;
}

}  // namespace

std::string findings_text(const EnvironmentConfig& environment, const std::vector<Finding>& findings,
                          const Style& style) {
  std::string text =
      fmt::format("{}  {}\n", style.bold(environment.name),
                  style.dim(fmt::format("{}:{}", environment.host.shown, environment.path.string())));
  int width = 0;
  for (const Finding& finding : findings) width = std::max(width, display_width(finding.subject));
  for (const Finding& finding : findings) {
    const int indent = 2 + 2 + width + 2;
    std::string words = printable(finding.text.substr(0, finding.text.find('\n')));
    text += fmt::format("  {} {}  {}\n", mark(finding.weight, style), padded(finding.subject, width), words);
    if (const auto rest = finding.text.find('\n'); rest != std::string::npos)
      text += quoted_block(finding.text.substr(rest + 1), style, indent);
    text += next_line(finding.remedy, style, indent);
  }
  return text + verdict(findings, environment.name, style);
}

boost::json::object findings_json(const EnvironmentConfig& environment,
                                  const std::vector<Finding>& findings) {
  boost::json::array list;
  for (const Finding& finding : findings)
    list.push_back(boost::json::object{{"weight", word(finding.weight)},
                                       {"subject", finding.subject},
                                       {"text", finding.text},
                                       {"remedy", finding.remedy}});
  return {{"environment", environment.name},
          {"problems", count(findings, Weight::problem)},
          {"warnings", count(findings, Weight::warning)},
          {"findings", std::move(list)}};
}

int run(const command::Check& asked, Context& context) {
  const Config config = checked_config(asked, context);
  QuietWatcher watcher(context.err, context.err_surface.style);
  bool ready = true;
  bool first = true;
  for (const std::string& name : environments_meant(config, asked.environment)) {
    const EnvironmentConfig& environment = *config.find(name);
    const auto findings = while_doing("checking " + name,
                                      [&] { return examine(config, environment, watcher, context.stop()); });
    ready = ready && !has_problem(findings);
    if (asked.json) {
      context.out.json(findings_json(environment, findings));
    } else {
      context.out.write((first ? "" : "\n") +
                        findings_text(environment, findings, context.out_surface.style));
    }
    first = false;
  }
  return static_cast<int>(ready ? ExitCode::deployed : ExitCode::failed);
}

}  // namespace belay::cli
