#include <chrono>

#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "cli/context.hpp"
#include "cli/environment_choice.hpp"
#include "cli/error_text.hpp"
#include "cli/host_question.hpp"
#include "cli/run_view.hpp"
#include "cli/screens.hpp"
#include "cli/text_width.hpp"
#include "cli/time_text.hpp"
#include "control/deployment.hpp"

namespace belay::cli {

namespace {

constexpr auto longest_up = std::chrono::minutes(16);  // longer than the host's own limit

/// The current release, where it does not run.
int bring_back(const Chosen& chosen, const command::Up& asked, Context& context) {
  const auto kept = releases_from_json(ask_host(context, chosen, "releases", {}).as_object());
  if (kept.current.empty())
    throw Error(fmt::format("{} has no release to bring back", chosen.name), "belay keeps none there",
                fmt::format("belay deploy {}  makes the first", chosen.name), ExitCode::bad_input);
  if (!kept.not_looked_at.empty())
    throw Error(fmt::format("belay cannot see which containers of {} run", chosen.name), kept.not_looked_at,
                "start Docker on the host, then run belay up again");
  if (kept.off.empty()) {
    if (asked.json)
      context.out.line(boost::json::serialize(boost::json::object{{"serving", kept.current}}));
    else
      context.out.line(fmt::format("{} {} serves {}: all of it runs", context.out_surface.style.tick(),
                                   kept.current, chosen.name));
    return 0;
  }
  return watch_run(
      context, asked.json, chosen.name, fmt::format("Bringing {} back on {}", chosen.config.app, chosen.name),
      undone_on_interrupt, [&](Watcher& watcher, std::stop_token stop) {
        return roll_back(chosen.config, chosen.environment(), kept.current, {}, watcher, std::move(stop));
      });
}

std::string stands(const RunningContainer& container) {
  if (container.state != "running") return "has done its work";
  const auto health = container.health.empty() ? std::string{} : ", " + container.health;
  return fmt::format("runs{}", health);
}

}  // namespace

std::string up_text(const UpAnswer& answer, const std::string& environment, const Style& style) {
  std::string text;
  for (const RunningContainer& one : answer.containers)
    text += fmt::format("{} {}: {}, {}, since {}\n", style.green(style.tick()),
                        style.bold(printable(one.service) + " " + stands(one)), printable(one.name),
                        printable(one.image), time_text(one.started));
  for (const std::string& service : answer.sharing)
    text += fmt::format("{} {} uses a namespace, volume or link of the old container, which is gone\n",
                        style.yellow("!"), printable(service)) +
            next_line(fmt::format("belay deploy {}  recreates it", environment), style);
  if (answer.containers.empty())
    text += fmt::format("{} of {}: the compose file asks for no container of it\n", style.yellow("!"),
                        environment);
  return text;
}

int run(const command::Up& asked, Context& context) {
  const Chosen chosen = choose_environment(context, asked.environment);
  if (asked.service.empty()) return bring_back(chosen, asked, context);
  const UpRequest request{.environment = chosen.environment(),
                          .service = asked.service,
                          .by = this_author(),
                          .logins = chosen.environment().registries};
  Session session = open_session(context, chosen);
  const auto answer = while_doing(fmt::format("recreating {} of {}", asked.service, chosen.name), [&] {
    return session.ask("up", up_request_to_json(request), context.stop(), Deadline::in(longest_up));
  });
  if (asked.json)
    context.out.json(answer);
  else
    context.out.write(
        up_text(up_answer_from_json(answer.as_object()), chosen.name, context.out_surface.style));
  return 0;
}

}  // namespace belay::cli
