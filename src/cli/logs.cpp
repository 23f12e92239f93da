#include <algorithm>
#include <chrono>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "cli/host_question.hpp"
#include "cli/text_width.hpp"
#include "model/secrets.hpp"

namespace belay::cli {
namespace {

std::vector<std::string> docker_logs(const command::Logs& asked, const std::string& container) {
  std::vector<std::string> argv = {"docker", "logs"};
  if (asked.follow) argv.emplace_back("--follow");
  if (asked.tail) argv.push_back(fmt::format("--tail={}", *asked.tail));
  argv.push_back(container);
  return argv;
}

std::string list_of(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

/// Those that `wanted` names, by container or by the service in the container's name; all if it is empty.
std::vector<KeptLog> logs_named(const KeptLogs& kept, const command::Logs& asked,
                                const std::string& environment) {
  if (kept.logs.empty())
    throw Error(fmt::format("no log of release {} is kept", asked.release),
                "logs are kept of releases that failed, for as long as their runs are",
                fmt::format("There are logs of: {}\nbelay logs {}  shows what is there now.",
                            list_of(kept.releases), environment),
                ExitCode::bad_input);
  std::vector<KeptLog> found;
  std::vector<std::string> containers;
  for (const auto& log : kept.logs) {
    containers.push_back(log.container);
    if (log.container.contains(asked.service)) found.push_back(log);
  }
  if (found.empty())
    throw Error(fmt::format("release {} has no log of '{}'", asked.release, asked.service), "",
                "There are: " + list_of(containers), ExitCode::bad_input);
  return found;
}

/// The containers are gone: their last lines lie with the run, masked when they were written.
int show_kept_logs(const command::Logs& asked, Context& context, Session& session, const Chosen& chosen,
                   const Masks& masks) {
  const auto answer = session.ask("logs", {{"release", asked.release}}, context.stop(),
                                  Deadline::in(std::chrono::seconds(60)));
  const auto logs = logs_named(kept_logs_from_json(answer.as_object()), asked, chosen.name);
  const auto lines = asked.tail ? std::to_string(*asked.tail) : std::string("+1");
  int code = 0;
  for (const auto& log : logs) {
    if (logs.size() > 1)
      context.err.line(context.err_surface.style.bold(
          fmt::format("==> {} (run {})", printable(log.container), printable(log.run))));
    code = std::max(
        code, session.run_in_foreground({"tail", "-n", lines, "--", log.file}, false, context.stop(), masks));
  }
  return code;
}

}  // namespace

int run(const command::Logs& asked, Context& context) {
  const Chosen chosen = choose_environment(context, asked.environment);
  const auto masks = masks_of(chosen.environment(), chosen.environment().variables);
  Session session = open_session(context, chosen);
  if (!asked.release.empty()) return show_kept_logs(asked, context, session, chosen, masks);
  const auto containers =
      containers_named(containers_of(context, session, chosen), asked.service, chosen.name);
  if (asked.follow) {
    const auto one =
        the_container(containers, fmt::format("Follow one:  belay logs {} -f NAME", chosen.name));
    return session.run_in_foreground(docker_logs(asked, one.name), false, context.stop(), masks);
  }
  int code = 0;
  for (const RunningContainer& one : containers) {
    if (containers.size() > 1)
      context.err.line(context.err_surface.style.bold(fmt::format("==> {} ({})", one.name, one.state)));
    code =
        std::max(code, session.run_in_foreground(docker_logs(asked, one.name), false, context.stop(), masks));
  }
  return code;
}

}  // namespace belay::cli
