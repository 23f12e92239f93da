#include <fmt/core.h>

#include "cli/environment_choice.hpp"
#include "cli/on_push.hpp"
#include "cli/run_view.hpp"

namespace belay::cli {

int run(const command::Deploy& asked, Context& context) {
  if (asked.on_push) return deploy_on_push(asked, context);
  if (!asked.before.empty() || !asked.after.empty())
    throw Error("--before and --after need --on-push", "", "They say what was pushed.", ExitCode::bad_input);
  const Chosen chosen = choose_environment(context, asked.environment, Needed::for_a_release);
  const DeployOptions options{asked.ref, "", asked.dirty, asked.skip_test, asked.wait, asked.reason};
  return watch_run(
      context, asked.json, chosen.name, fmt::format("Deploying {} to {}", chosen.config.app, chosen.name),
      undone_on_interrupt,
      [&](Watcher& watcher, std::stop_token stop) {
        return deploy(chosen.config, chosen.environment(), options, watcher, std::move(stop));
      },
      Audience{chosen.config.app, &chosen.environment()});
}

}  // namespace belay::cli
