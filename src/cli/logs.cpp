#include <fmt/core.h>

#include "cli/host_question.hpp"
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

}  // namespace

int run(const command::Logs& asked, Context& context) {
  const Chosen chosen = choose_environment(context, asked.environment);
  const auto masks = masks_of(chosen.environment(), chosen.environment().variables);
  Session session = open_session(context, chosen);
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
