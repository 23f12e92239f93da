#include <fmt/core.h>

#include "cli/environment_choice.hpp"
#include "cli/run_view.hpp"

namespace belay::cli {

int run(const command::Rollback& asked, Context& context) {
  const Chosen chosen = choose_environment(context, asked.environment);
  return watch_run(
      context, asked.json, chosen.name, fmt::format("Rolling {} back on {}", chosen.config.app, chosen.name),
      undone_on_interrupt,
      [&](Watcher& watcher, std::stop_token stop) {
        return roll_back(chosen.config, chosen.environment(), asked.release,
                         {.current_env = asked.current_env, .wait = asked.wait}, watcher, std::move(stop));
      },
      Audience{chosen.config.app, &chosen.environment(), true});
}

}  // namespace belay::cli
