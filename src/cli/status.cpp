#include <boost/json/serialize.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/human.hpp"
#include "cli/error_text.hpp"
#include "cli/host_question.hpp"
#include "cli/origin_text.hpp"
#include "cli/screens.hpp"
#include "cli/table.hpp"
#include "cli/text_width.hpp"
#include "cli/time_text.hpp"
#include "control/deployment.hpp"
#include "model/secrets.hpp"

namespace belay::cli {
namespace {

std::string container_state(const RunningContainer& container, const Style& style) {
  std::string state = container.state;
  if (!container.health.empty()) state += fmt::format(" ({})", container.health);
  const bool well =
      container.state == "running" && (container.health.empty() || container.health == "healthy");
  return well ? style.green(state) : style.bold_red(state);
}

std::string edge_text(const HostStatus& status, const Style& style, int columns) {
  Table table({{"AT THE EDGE"},
               {"CONTAINER", Table::Align::left, Table::Narrow::shorter},
               {"STATE"},
               {"WEIGHT", Table::Align::right},
               {"SESSIONS", Table::Align::right, Table::Narrow::spare},
               {"PER SECOND", Table::Align::right, Table::Narrow::spare},
               {"REQUESTS", Table::Align::right},
               {"5XX", Table::Align::right}});
  for (const EdgeSlot& slot : status.slots)
    table.add({slot.backend, slot.container,
               slot.state == "open" ? style.green(slot.state) : style.yellow(slot.state),
               std::to_string(slot.weight), std::to_string(slot.sessions), std::to_string(slot.rate),
               std::to_string(slot.requests), std::to_string(slot.errors_5xx)});
  return table.rendered(style, columns);
}

std::string certificates_text(const HostStatus& status, Time now, const Style& style, int columns) {
  Table table({{"CERTIFICATE"}, {"UNTIL"}, {"COPIED FROM"}});
  for (const EdgeCertificate& one : status.certificates) {
    const auto until = time_text(one.until);
    table.add({fmt::format("{}", fmt::join(one.names, ", ")), one.until < now ? style.bold_red(until) : until,
               one.file});
  }
  return table.rendered(style, columns);
}

std::string containers_text(const HostStatus& status, Time now, const Style& style, int columns) {
  Table table({{"SERVICE"},
               {"CONTAINER", Table::Align::left, Table::Narrow::spare},
               {"STATE"},
               {"STARTED"},
               {"RESTARTS", Table::Align::right},
               {"RELEASE"},
               {"IMAGE", Table::Align::left, Table::Narrow::spare}});
  const auto add = [&](const RunningContainer& one, const std::string& release) {
    table.add({one.service, one.name, container_state(one, style), ago_text(one.started, now),
               one.restarts > 0 ? style.yellow(std::to_string(one.restarts)) : "0", release, one.image});
  };
  for (const RunningContainer& one : status.containers)
    add(one, one.release.empty() ? style.dim("not belay's") : one.release);
  for (const RunningContainer& edge : status.edges) add(edge, style.dim("the edge"));
  return table.rendered(style, columns);
}

std::string origin_with_branch(const Release& release, const Style& style) {
  const auto& commit = release.commit;
  return origin_text(release, "",
                     (commit.branch.empty() ? "" : fmt::format(" ({})", commit.branch)) +
                         (commit.dirty ? style.yellow(", from a working tree") : ""));
}

}  // namespace

std::string status_text(const std::string& app, const EnvironmentConfig& environment,
                        const HostStatus& status, Time now, const Style& style, int columns) {
  const std::string where = fmt::format("{}:{}", environment.host.shown, environment.path.string());
  std::string text =
      fmt::format("{}  {}\n", style.bold(fmt::format("{} {}", app, environment.name)), style.dim(where));
  const std::string health =
      status.healthy ? style.green(std::string(style.tick()) + " ") + printable(status.health)
                     : style.bold_red(std::string(style.cross()) + " ") + printable(status.health);
  std::vector<std::pair<std::string, std::string>> lines = {{"health", health}};
  if (status.current) {
    const Release& release = *status.current;
    lines.insert(lines.end(),
                 {{"release", release.id},
                  {"commit", origin_with_branch(release, style)},
                  {"since", release.switched == Time{} ? ""
                                                       : fmt::format("{} ({})", time_text(release.switched),
                                                                     ago_text(release.switched, now))},
                  {"by", release.by.user.empty() ? "" : release.by.shown()},
                  {"reason", release.reason ? printable(release.reason->shown()) : ""}});
  } else {
    lines.emplace_back("release", "none of belay's");
  }
  lines.emplace_back("disk", fmt::format("{} free, {} used by belay", human_bytes(status.bytes_free),
                                         human_bytes(status.bytes_used_by_belay)));
  text += labelled(lines, style, columns);
  if (!status.open_run.empty())
    text += fmt::format(
        "  {} {}\n", style.yellow("!"),
        fmt::format("a deployment is not over: run {}.  belay attach {}", status.open_run, environment.name));
  text += "\n";
  if (status.containers.empty())
    text += "  no containers\n" +
            next_line(fmt::format("belay deploy {}  brings the first release.", environment.name), style);
  else
    text += containers_text(status, now, style, columns);
  if (!status.slots.empty()) text += "\n" + edge_text(status, style, columns);
  if (!status.certificates.empty()) text += "\n" + certificates_text(status, now, style, columns);
  return text;
}

int run(const command::Status& asked, Context& context) {
  const Chosen chosen = choose_environment(context, asked.environment);
  // The host is told what to look at as a plan; nothing of it is carried out.
  const auto plan = plan_deployment(chosen.config.app, chosen.environment(), {}, this_author(), {});
  const auto answer = ask_host(context, chosen, "status",
                               {{"plan", plan_to_json(plan)},
                                {"secrets", secrets_of(chosen.environment())},
                                {"variables", boost::json::value_from(chosen.environment().variables)}});
  const HostStatus status = status_from_json(answer.as_object());
  const int columns = context.out_surface.terminal ? size_of(context.out.fd()).columns : 0;
  if (asked.json)
    context.out.json(answer);
  else
    context.out.write(status_text(chosen.config.app, chosen.environment(), status, now(),
                                  context.out_surface.style, columns));
  return static_cast<int>(status.healthy ? ExitCode::deployed : ExitCode::failed);
}

}  // namespace belay::cli
