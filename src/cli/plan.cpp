#include <algorithm>
#include <tuple>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/human.hpp"
#include "cli/context.hpp"
#include "cli/environment_choice.hpp"
#include "cli/origin_text.hpp"
#include "cli/quiet_watcher.hpp"
#include "cli/screens.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/text_width.hpp"

namespace belay::cli {
namespace {

constexpr std::size_t files_shown = 40;

std::string commands_text(const std::vector<TestStep>& steps) {
  std::string text;
  for (const TestStep& step : steps) {
    std::string together;
    for (const std::string& command : step.commands) together += (together.empty() ? "" : " | ") + command;
    text += (text.empty() ? "" : "; ") + together;
  }
  return text.empty() ? text : text + "   (here, on a clean checkout)";
}

std::string gate_text(const EnvironmentConfig& environment) {
  const auto text = commands_text(environment.test);
  return text.empty() ? "none configured" : text;
}

std::string services_text(const EnvironmentConfig& environment) {
  std::string text;
  for (const std::string& service : environment.services) text += (text.empty() ? "" : ", ") + service;
  return text;
}

std::string build_text(const EnvironmentConfig& environment) {
  std::string text = "docker compose";
  for (const std::string& file : environment.compose) text += " -f " + file;
  text += environment.build.at == BuildRule::At::image ? " pull" : " build";
  const auto services = services_text(environment);
  if (!services.empty()) text += " " + services;
  if (environment.builds_elsewhere())
    text += "   (here, for the host's platform; it gets the layers it lacks)";
  return text;
}

std::string check_text(const ServiceHealth& asked) {
  const HealthCheck& health = asked.check;
  return fmt::format("{}{} from {}, {} in a row within {} attempts, {} apart",
                     asked.service.empty() ? "" : asked.service + ": ", health.shown_url(),
                     health.from == HealthCheck::From::host ? "the host" : "here", health.successes,
                     health.attempts, human_duration(health.interval));
}

std::string health_text(const EnvironmentConfig& environment) {
  std::string text;
  for (const auto& asked : environment.checks()) text += (text.empty() ? "" : "; ") + check_text(asked);
  return text.empty() ? "the container stays up; no health.url is configured" : text;
}

std::string migration_text(const EnvironmentConfig& environment) {
  std::string text;
  for (const auto& rule : environment.migrate)
    text += (text.empty() ? "" : "; ") + (rule.service.empty() ? "" : rule.service + ": ") + rule.shown();
  return text;
}

std::string hooks_text(const EnvironmentConfig& environment, StepName step) {
  std::string text;
  for (const auto& hook : hooks_at(environment.hooks, hooks_of_step(step).value()))
    text += (text.empty() ? "" : "; ") + hook.shown();
  return text;
}

std::string backup_text(const EnvironmentConfig& environment) {
  if (!environment.backup) return "none";
  const PostgresBackup& backup = *environment.backup;
  return fmt::format("pg_dump of {} in container {} into {}/, verified; the newest {} are kept",
                     backup.database, backup.container, backup.directory, backup.keep);
}

/// A text of several lines, to stand behind `before` columns; on a terminal no line is wider than it.
std::string indented(const std::string& text, int columns, int before) {
  std::string result;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    const auto pieces = columns > before ? wrapped(line, columns - before) : std::vector<std::string>{line};
    for (const auto& piece : pieces)
      result += (result.empty() ? "" : "\n" + std::string(static_cast<std::size_t>(before), ' ')) + piece;
    at = end + 1;
  }
  return result;
}

/// A line for each container, name and state below each other.
std::string containers_text(const HostFacts& facts, const Style& style, int columns) {
  auto there = facts.containers;
  there.insert(there.end(), facts.edges.begin(), facts.edges.end());
  if (there.empty()) return "  no containers\n";
  int name = 0, state = 0;
  for (const RunningContainer& one : there) {
    name = std::max(name, display_width(one.name));
    state = std::max(state, display_width(one.state));
  }
  std::string text;
  for (const RunningContainer& one : there) {
    const auto line =
        fmt::format("  {}  {}  {}", padded(one.name, name), padded(one.state, state), style.dim(one.image));
    text += (columns > 0 ? clipped(line, columns, style.ellipsis()) : line) + "\n";
  }
  return text;
}

const char* sign_of(rsync::Change::Kind kind) {
  switch (kind) {
    case rsync::Change::Kind::added:
      return "+";
    case rsync::Change::Kind::removed:
      return "-";
    case rsync::Change::Kind::changed:
      break;
  }
  return "~";
}

std::string change_text(const rsync::Change& change, const Style& style) {
  auto line = fmt::format("{} {}", sign_of(change.kind), printable(change.path));
  switch (change.kind) {
    case rsync::Change::Kind::added:
      return style.green(line);
    case rsync::Change::Kind::removed:
      return style.red(line);
    case rsync::Change::Kind::changed:
      break;
  }
  return line;
}

boost::json::array changes_json(const std::vector<rsync::Change>& changes) {
  boost::json::array all;
  for (const auto& change : changes) {
    const auto* kind = change.kind == rsync::Change::Kind::added     ? "added"
                       : change.kind == rsync::Change::Kind::removed ? "removed"
                                                                     : "changed";
    all.push_back(boost::json::object{{"change", kind}, {"path", change.path}});
  }
  return all;
}

std::string sync_text(const EnvironmentConfig& environment) {
  std::string text = "the source into the release's own directory";
  for (const auto& file : environment.env_file) text += "; variables into " + file.shown();
  return text;
}

std::string canary_text(const EnvironmentConfig& environment) {
  if (!environment.canary) return "";
  std::string shares;
  for (const int share : environment.canary->steps)
    if (share < 100) shares += fmt::format("{}{} %", shares.empty() ? "" : ", ", share);
  return fmt::format("{} of the requests, {} each; turn back if it is worse", shares,
                     human_duration(environment.canary->time));
}

std::string edge_text(const EnvironmentConfig& environment) {
  if (!environment.edge) return "";
  const auto& edge = *environment.edge;
  return fmt::format("{} in front of {}{}{}", edge.image, services_text(environment),
                     edge.tls ? fmt::format("; TLS ends there, on port {}", edge.tls->port) : "",
                     edge.tcp.empty() ? "" : fmt::format("; no HTTP: {}", fmt::join(edge.tcp, ", ")));
}

}  // namespace

std::string step_text(StepName step, const Plan& plan) {
  const EnvironmentConfig& environment = plan.environment;
  switch (step) {
    case StepName::preflight:
      return "lock, docker, compose, disk, ports; recover what an earlier deployment left";
    case StepName::backup:
      return backup_text(environment);
    case StepName::sync:
      return sync_text(environment);
    case StepName::build:
      return build_text(environment);
    case StepName::create:
      return fmt::format("candidate of {}, beside what serves", services_text(environment));
    case StepName::edge:
      return edge_text(environment);
    case StepName::migrate:
      return migration_text(environment);
    case StepName::before_backup:
    case StepName::before_switch:
    case StepName::after_switch:
    case StepName::after_commit:
    case StepName::after_rollback:
    case StepName::on_failure:
      return hooks_text(environment, step);
    case StepName::start:
      return "the candidate, beside what serves; it proves itself at its own address";
    case StepName::canary:
      return canary_text(environment);
    case StepName::soak:
      return environment.soak ? fmt::format("watch it for {}; turn back if it is worse",
                                            human_duration(environment.soak->time))
                              : "";
    case StepName::switch_over:
      if (environment.strategy != Strategy::recreate) return "the edge turns the requests to the new";
      return environment.edge ? "stop the old, start the new; the edge holds what arrives"
                              : "stop the old, start the new";
    case StepName::verify:
      return health_text(environment);
    case StepName::commit:
      return "from here it only goes forward";
    case StepName::settle:
      return fmt::format("publish to {}, keep {} releases", environment.path.string(),
                         environment.keep_releases);
  }
  return "";
}

/// Hooks that run only where the deployment fails, and are no part of the plan's steps.
static std::string after_failure_text(const Plan& plan, const Style& style, int columns) {
  std::vector<std::pair<std::string, std::string>> steps;
  for (const auto step : {StepName::after_rollback, StepName::on_failure})
    if (auto hooks = hooks_text(plan.environment, step); !hooks.empty())
      steps.emplace_back(to_string(step), std::move(hooks));
  return steps.empty() ? "" : "\n" + style.bold("If it fails") + "\n" + labelled(steps, style, columns);
}

/// Who gets no answer while the containers change, and for how long.
static std::string gaps_text(const EnvironmentConfig& environment, const HostFacts& facts, const Style& style,
                             int columns) {
  if (!facts.project || facts.project->gaps.empty()) return "";
  const auto& [gaps, switches] = std::tie(facts.project->gaps, facts.project->switches);
  std::vector<std::pair<std::string, std::string>> rows;
  std::string notes;
  for (const auto& gap : gaps) rows.emplace_back(gap.service, gap_text(gap));
  const auto has = [&](ServiceGap::Kind kind) {
    return std::ranges::find(gaps, kind, &ServiceGap::kind) != gaps.end();
  };
  if (has(ServiceGap::Kind::down) || has(ServiceGap::Kind::held)) notes = past_text(switches);
  if (has(ServiceGap::Kind::down) && !environment.edge && facts.edges.empty())
    notes += "\nA service whose image and configuration do not change is left running.";
  auto text = "\n" + style.bold("Gap") + "\n" + labelled(rows, style, columns);
  if (!notes.empty()) text += "  " + style.dim(indented(notes, columns, 2)) + "\n";
  return text;
}

std::string preview_text(const Preview& preview, const Style& style, int columns) {
  const Plan& plan = preview.plan;
  const EnvironmentConfig& environment = plan.environment;
  const std::string what =
      plan.commit.dirty ? "the working tree, based on " + plan.commit.abbreviated()
                        : fmt::format("{} {}", plan.commit.abbreviated(), printable(plan.commit.subject));
  std::string text = style.bold(fmt::format("belay deploy {} would bring {}", environment.name, what)) + "\n";
  text += labelled({{"to", fmt::format("{}:{}", environment.host.shown, environment.path.string())},
                    {"now serves", preview.facts.current_release.empty() ? "nothing of belay's"
                                                                         : preview.facts.current_release}},
                   style, columns);

  text += "\n" + style.bold("Now there") + "\n";
  text += containers_text(preview.facts, style, columns);

  text += "\n" + style.bold("Steps") + "\n";
  std::vector<std::pair<std::string, std::string>> steps = {{"test", gate_text(environment)}};
  if (environment.build.local)
    steps.emplace_back(local_build_row, commands_text(environment.build.local->run));
  for (const StepName step : plan.steps) steps.emplace_back(to_string(step), step_text(step, plan));
  text += labelled(steps, style, columns);
  text += after_failure_text(plan, style, columns);

  text += gaps_text(environment, preview.facts, style, columns);

  text += "\n" + style.bold(fmt::format("Files ({})", preview.files.size())) + "\n";
  if (preview.files.empty()) text += "  none differ from the current release\n";
  for (std::size_t i = 0; i < std::min(files_shown, preview.files.size()); ++i)
    text += "  " + change_text(preview.files[i], style) + "\n";
  if (preview.files.size() > files_shown)
    text += style.dim(fmt::format("  {} and {} more; --json has them all\n", style.ellipsis(),
                                  preview.files.size() - files_shown));

  if (!preview.warnings.empty()) text += "\n" + style.bold("Know before") + "\n";
  for (const std::string& warning : preview.warnings)
    text += fmt::format("  {} {}\n", style.yellow("!"), indented(warning, columns, 4));
  return text + "\n" + style.dim("Nothing was touched.") + "\n";
}

boost::json::object preview_json(const Preview& preview) {
  return {{"plan", plan_to_json(preview.plan)},
          {"facts", facts_to_json(preview.facts)},
          {"files", changes_json(preview.files)},
          {"warnings", boost::json::array(preview.warnings.begin(), preview.warnings.end())}};
}

int run(const command::Plan& asked, Context& context) {
  const Chosen chosen = choose_environment(context, asked.environment, Needed::for_a_release);
  QuietWatcher watcher(context.err, context.err_surface.style);
  const Preview seen =
      preview(chosen.config, chosen.environment(), asked.ref, asked.dirty, watcher, context.stop());
  const int columns = context.out_surface.terminal ? size_of(context.out.fd()).columns : 0;
  if (asked.json)
    context.out.json(preview_json(seen));
  else
    context.out.write(preview_text(seen, context.out_surface.style, columns));
  return static_cast<int>(seen.refused ? ExitCode::bad_input : ExitCode::deployed);
}

}  // namespace belay::cli
